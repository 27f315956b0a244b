/** What tests, the demo and `make devcluster` may expect from a running control plane. */

export interface ControlPlaneOptions {
  /** Write an audit log (level Metadata, stage ResponseComplete and ResponseStarted) to `ControlPlane.auditLog`. Default false. */
  auditLog?: boolean;
  /** Old versions of objects can be listed and watched for ever, not for five minutes only. Default false. */
  keepHistory?: boolean;
  /** Takes what there is to tell: build progress, waiting for a lock. Default: a line on stderr. */
  log?: (line: string) => void;
}

export interface KubectlResult {
  stdout: string;
  stderr: string;
  code: number;
}

export interface KubectlOptions {
  /** Given to kubectl on stdin (for `-f -`). */
  input?: string;
  /** Path of the kubeconfig to act with. Default: the admin's. */
  kubeconfig?: string;
}

/**
 * A real etcd, kube-apiserver and kube-controller-manager on loopback, with RBAC, for this process alone.
 *
 * There is no kubelet and no scheduler: pods stay Pending until somebody (the simulator) binds them and reports for
 * them. There is no volume provisioner either: a PVC binds when somebody creates a PersistentVolume for it.
 *
 * Nothing outlives this process: when it ends, however it ends, the three servers are killed and the folder is removed.
 */
export interface ControlPlane {
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  /** Bearer token of user `admin`, group `system:masters`. */
  readonly adminToken: string;
  /** PEM file that the server's certificate verifies against. */
  readonly caFile: string;
  /** kubeconfig file of the admin. */
  readonly adminKubeconfig: string;
  /** Holds data, keys, kubeconfigs and logs (`etcd.log`, `kube-apiserver.log`, `kube-controller-manager.log`). Gone after `stop`. */
  readonly directory: string;
  /** Path of the audit log, one JSON event a line, complete as of the answer to each request. Only with `auditLog: true`. */
  readonly auditLog?: string;
  /** Path of the kubectl of this Kubernetes version, for people. It stays after `stop`. */
  readonly kubectlBinary: string;
  /** Runs the kubectl of this Kubernetes version. Resolves whatever its exit code is. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
  /** Server-side applies `config/crd/*.yaml`; resolves when each kind is Established, served and explained (OpenAPI). */
  installCrds(): Promise<void>;
  /** Installs the Gateway API's HTTPRoute and resolves when it is served. Fetches the CRD as a Go module, which wants Go. */
  installGatewayApi(): Promise<void>;
  /** Server-side applies files or folders in the order given, as field manager `devcluster`. Rejects with kubectl's words. */
  applyFiles(...paths: string[]): Promise<void>;
  /** Asks for a token of that ServiceAccount (TokenRequest, 24 h) and returns the path of a kubeconfig with only that token. */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>;
  /** Kills kube-apiserver (SIGKILL) and resolves when it is ready again on the same port with the same data. */
  restartApiServer(): Promise<void>;
  /** Kills the servers and removes the folder. May be called twice. */
  stop(): Promise<void>;
}
