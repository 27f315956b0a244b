/** Which cluster, and who we are there: plain data, made by `cluster-config.ts`, used by `transport.ts`. */

export interface ClusterTls {
  /** PEM bundle. Absent: the roots Node trusts. */
  readonly ca?: string;
  /** Name to verify (and send as SNI) instead of the host of `server`. */
  readonly serverName?: string;
  readonly insecureSkipVerify: boolean;
}

/** A PEM text, or the file to read it from again when it rotates. */
export type PemSource = { readonly data: string } | { readonly file: string };

export interface ExecPlugin {
  readonly apiVersion: string;
  /** Absolute, or a bare name for the PATH. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  readonly installHint?: string;
  /** Passed on to the plugin when it asked for it (`provideClusterInfo`). */
  readonly cluster?: Readonly<Record<string, unknown>>;
}

/** What a kubeconfig user says; several may be set, and are used as client-go does. */
export interface AuthInfo {
  readonly certificate?: { readonly cert: PemSource; readonly key: PemSource };
  readonly token?: string;
  /** Read again and again: projected tokens rotate. Wins over `token` while it can be read. */
  readonly tokenFile?: string;
  readonly exec?: ExecPlugin;
  /** Request headers that make the API server act as somebody else. */
  readonly impersonate?: Readonly<Record<string, string | readonly string[]>>;
}

export interface ClusterConfig {
  /** `https://host:port`, possibly with a path prefix, without a slash at the end. */
  readonly server: string;
  /** Of the context or the pod; `default` when neither says. */
  readonly namespace: string;
  /** For people: `in-cluster`, or the kubeconfig and its context. */
  readonly source: string;
  readonly tls: ClusterTls;
  readonly proxyUrl?: string;
  readonly auth: AuthInfo;
}

/** A configuration that cannot work, in words that say what to change. Nothing was sent. */
export class ClusterConfigError extends Error {
  override readonly name = "ClusterConfigError";
}
