/** The command lines of the three servers. Pure: options in, arguments out. They suit Kubernetes 1.32 to 1.36. */
import type { Credentials } from "./credentials.ts";

/** etcd listens on unix sockets in its working folder: no port to race for, nobody else can reach it. */
export const ETCD_SOCKET = "etcd.sock:0";

export function etcdArgs(): string[] {
  // Advertised and never dialled: a cluster of one has no peer.
  const peer = "http://localhost:2380";
  return [
    "--name=default",
    "--data-dir=etcd",
    "--unsafe-no-fsync",
    `--listen-client-urls=unix://${ETCD_SOCKET}`,
    `--advertise-client-urls=unix://${ETCD_SOCKET}`,
    "--listen-peer-urls=unix://etcd-peer.sock:0",
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ];
}

export interface ApiServerOptions {
  port: number;
  credentials: Credentials;
  keepHistory: boolean;
  audit?: { policyFile: string; logFile: string };
}

/** kube-apiserver writes its self-signed certificate here on first start and keeps it over restarts. */
export const CERTIFICATE_DIR = "certificates";
export const CERTIFICATE_FILE = `${CERTIFICATE_DIR}/apiserver.crt`;
export const CERTIFICATE_KEY_FILE = `${CERTIFICATE_DIR}/apiserver.key`;

export function apiServerArgs(options: ApiServerOptions): string[] {
  const { credentials, audit } = options;
  return [
    `--etcd-servers=unix://${ETCD_SOCKET}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${options.port}`,
    `--cert-dir=${CERTIFICATE_DIR}`,
    // A loopback address is refused as an endpoint of the `kubernetes` Service; nothing in here dials it.
    "--endpoint-reconciler-type=none",
    "--service-cluster-ip-range=10.0.0.0/16",
    `--token-auth-file=${credentials.tokenFile}`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${credentials.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${credentials.serviceAccountKey}`,
    // Fairness stays on as in production; these limits only keep a bench of thousands of nodes from meeting it.
    "--max-requests-inflight=4000",
    "--max-mutating-requests-inflight=2000",
    ...(options.keepHistory ? ["--etcd-compaction-interval=0"] : []),
    ...(audit
      ? [
          `--audit-policy-file=${audit.policyFile}`,
          `--audit-log-path=${audit.logFile}`,
          // An event is on disk before its request is answered, and never in a rotated file.
          "--audit-log-mode=blocking",
          "--audit-log-maxsize=100000",
        ]
      : []),
  ];
}

/** Only what acts on our objects; each further controller costs start-up time and watches. */
const CONTROLLERS = [
  "clusterrole-aggregation-controller",
  "endpointslice-controller",
  "garbage-collector-controller",
  "job-controller",
  "namespace-controller",
  "persistentvolume-binder-controller",
  "persistentvolume-protection-controller",
  "persistentvolumeclaim-protection-controller",
  "root-ca-certificate-publisher-controller",
  "serviceaccount-controller",
  "statefulset-controller",
  "ttl-after-finished-controller",
];

export interface ControllerManagerOptions {
  kubeconfig: string;
}

export function controllerManagerArgs(options: ControllerManagerOptions): string[] {
  return [
    `--kubeconfig=${options.kubeconfig}`,
    "--use-service-account-credentials=true",
    `--controllers=${CONTROLLERS.join(",")}`,
    `--root-ca-file=${CERTIFICATE_FILE}`,
    "--leader-elect=false",
    // No health port to race for: servers.ts looks at what the controllers did.
    "--secure-port=0",
    "--kube-api-qps=1000",
    "--kube-api-burst=2000",
    "--concurrent-statefulset-syncs=20",
    "--controller-start-interval=0s",
  ];
}

/**
 * Who did what to which object, once per request (and once when a watch starts). Of a delete the body too: grace period
 * and preconditions are nowhere else. Probes are left out: they are ours.
 */
export const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: None
    nonResourceURLs: ["/readyz*", "/livez*", "/healthz*"]
  - level: Request
    verbs: [delete, deletecollection]
  - level: Metadata
`;
