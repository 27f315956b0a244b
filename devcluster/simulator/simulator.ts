import { type Clock, formatTime, type Random, systemClock, systemRandom } from "#clock";
import {
  createInformer,
  createRestClient,
  loadClusterConfig,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  pods,
  type Service,
  services,
} from "#kube";
import {
  createKubeletApi,
  createReviewer,
  defaultLatencies,
  ensureNode,
  ImageRules,
  type ImageScripts,
  Kubelet,
  type KubeletLatencies,
  SimulatedNode,
} from "../kubelet/index.ts";
import {
  Bucket,
  ForwardProxy,
  ProxyAuthorizer,
  RequestLog,
  ScriptBook,
  type TaskScript,
} from "../sidecar/index.ts";
import { NodeHandle } from "./node-handle.ts";

export interface SimulatorOptions {
  /** Path of a kubeconfig with admin rights. */
  kubeconfig: string;
  clock?: Clock;
  random?: Random;
  latencies?: Partial<KubeletLatencies>;
  /**
   * `review` (default): kube-rbac-proxy asks the API server with TokenReview and SubjectAccessReview, so that a missing
   * grant shows. `off`: everybody may do everything, token or not.
   */
  authorization?: "review" | "off";
  /** `true`: each namespace has a bucket of its own, so that a chain can be founded in each. Default: one for all. */
  bucketPerNamespace?: boolean;
  /** Gets what went wrong between simulator and API server. Default: stderr. */
  onError?: (about: string, error: unknown) => void;
}

/** Plays the nodes of a control plane that has none. */
export interface Simulator {
  /** For HTTP_PROXY: the way to `*.svc.cluster.local`. */
  readonly proxyUrl: string;
  /** The SeiNode of this name; exists or not. */
  node(namespace: string, name: string): NodeHandle;
  /** Shorthand of `node(namespace, name).seid.halt()`; "namespace/name". */
  halt(node: string): void;
  /** How tasks of a type go on all nodes that have no script of their own for it. */
  script(type: string, ...scripts: readonly TaskScript[]): void;
  readonly images: ImageScripts;
  readonly pods: {
    /** A pod of this name stays Pending and unschedulable. */
    hold(namespace: string, name: string): void;
    release(namespace: string, name: string): void;
  };
  /** All requests that reached the proxy. */
  readonly requests: RequestLog;
  /** The bucket all sidecars share, unless each namespace has its own. */
  readonly bucket: Bucket;
  /** Things that must never happen, for example two seids on one volume. Empty in a correct run. */
  readonly violations: readonly string[];
  /** Ends every process and connection. Pods stay as they are. */
  stop(): Promise<void>;
}

/** Resolves when the proxy listens and the first lists are in. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { clock = systemClock, random = systemRandom, authorization = "review" } = options;
  const onError =
    options.onError ?? ((about, error) => console.error(`simulator: ${about}: ${String(error)}`));
  const config = await loadClusterConfig({ kubeconfig: options.kubeconfig, env: process.env });
  const rest = createRestClient(config, { clock, random, userAgent: "devcluster-simulator/1" });
  const stopping = new AbortController();

  const podInformer = createInformer<Pod>(rest, pods, { clock, random });
  const claimInformer = createInformer<PersistentVolumeClaim>(rest, persistentVolumeClaims, {
    clock,
    random,
  });
  const serviceInformer = createInformer<Service>(rest, services, { clock, random });

  const violations: string[] = [];
  const scripts = new ScriptBook();
  const requests = new RequestLog();
  const bucket = new Bucket();
  const buckets = new Map<string, Bucket>();
  const bucketOf = (namespace: string): Bucket => {
    if (options.bucketPerNamespace !== true) return bucket;
    const own = buckets.get(namespace) ?? new Bucket();
    buckets.set(namespace, own);
    return own;
  };
  const nodes = new Map<string, SimulatedNode>();
  const nodeOf = (namespace: string, name: string): SimulatedNode => {
    const key = `${namespace}/${name}`;
    const node =
      nodes.get(key) ?? new SimulatedNode(namespace, name, scripts, (text) => violations.push(text));
    nodes.set(key, node);
    return node;
  };
  const images = new ImageRules(() => kubelet.reconsiderImages());
  const kubelet = new Kubelet({
    api: createKubeletApi(rest),
    clock,
    random,
    images,
    bucket: bucketOf,
    latencies: { ...defaultLatencies, ...options.latencies },
    node: nodeOf,
    claim: (namespace, name) => claimInformer.get({ namespace, name }),
    service: (namespace, name) => serviceInformer.get({ namespace, name }),
    nodeName,
    onError,
  });
  const proxy = new ForwardProxy({
    clock,
    resolve: (host) => kubelet.resolve(host),
    authorizer: authorization === "review" ? new ProxyAuthorizer(createReviewer(rest), clock) : undefined,
    log: requests,
  });

  podInformer.onEvent(({ type, object }) =>
    type === "deleted" ? kubelet.forgetPod(object) : kubelet.observePod(object),
  );
  claimInformer.onEvent(({ type, object }) =>
    type === "deleted" ? kubelet.forgetClaim(object) : kubelet.observeClaim(object),
  );

  const informers = [claimInformer, serviceInformer, podInformer];
  const watching = informers.map((informer) => informer.start(stopping.signal));
  const stop = async () => {
    stopping.abort(new Error("simulator stopped"));
    kubelet.stop();
    await Promise.allSettled([...watching, proxy.stop()]);
    await rest.close();
  };
  try {
    await ensureNode(rest, nodeName, formatTime(clock.now()));
    const proxyUrl = await proxy.start();
    await Promise.all(informers.map((informer) => informer.synced(stopping.signal)));
    const node = (namespace: string, name: string) =>
      new NodeHandle(nodeOf(namespace, name), kubelet, requests);
    return {
      proxyUrl,
      node,
      halt(key) {
        const [namespace = "", name = ""] = key.split("/");
        node(namespace, name).seid.halt();
      },
      script: (type, ...entries) => scripts.set(type, ...entries),
      images,
      pods: {
        hold: (namespace, name) => kubelet.hold(namespace, name),
        release: (namespace, name) => kubelet.release(namespace, name),
      },
      requests,
      bucket,
      violations,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const nodeName = "simulated-node";
