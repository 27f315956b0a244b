import { ManualClock } from "#clock";
import type { Pod } from "#kube";
import { Bucket, ScriptBook } from "../../sidecar/index.ts";
import { seiPodSpec } from "../../simulator/testing/sei-pod.ts";
import type { KubeletApi, LiveClaim, LivePod, PodStatus } from "../api.ts";
import { ImageRules } from "../images.ts";
import { Kubelet } from "../kubelet.ts";
import { defaultLatencies } from "../latencies.ts";
import { SimulatedNode } from "../simulated-node.ts";

/** An API server of one namespace in memory: what the kubelet writes comes back to it as events. */
export class FakeCluster {
  readonly clock = new ManualClock();
  readonly pods = new Map<string, Pod>();
  readonly claims = new Map<string, LiveClaim>();
  readonly configMaps = new Map<string, Record<string, string>>();
  readonly secrets = new Set<string>();
  /** Every write, as `verb name`. */
  readonly writes: string[] = [];
  /** Each status written, oldest first. */
  readonly statuses: PodStatus[] = [];
  readonly errors: string[] = [];
  readonly violations: string[] = [];
  readonly nodes = new Map<string, SimulatedNode>();
  readonly images = new ImageRules(() => this.kubelet.reconsiderImages());
  /** Thrown by the next write. */
  failNext: Error | undefined;
  readonly kubelet: Kubelet;
  #uids = 0;

  constructor() {
    const scripts = new ScriptBook();
    const bucket = new Bucket();
    this.kubelet = new Kubelet({
      api: this.#api(),
      clock: this.clock,
      random: { next: () => 0.5, uuid: () => this.#uuid() },
      images: this.images,
      bucket: () => bucket,
      latencies: defaultLatencies,
      node: (namespace, name) => {
        const known = this.nodes.get(name);
        if (known !== undefined) return known;
        const node = new SimulatedNode(namespace, name, scripts, (text) => this.violations.push(text));
        this.nodes.set(name, node);
        return node;
      },
      claim: (_, name) => this.claims.get(name),
      service: (_, name) => ({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, uid: "s", resourceVersion: "1" },
        spec: { clusterIP: "None", selector: { "sei.io/node": name }, publishNotReadyAddresses: true },
      }),
      nodeName: "node",
      onError: (about, error) => this.errors.push(`${about}: ${String(error)}`),
    });
  }

  /** Creates pod `<node>-0` of a SeiNode and tells the kubelet. */
  createPod(
    node: string,
    options: { image?: string; claim?: string; change?: (spec: PodSpec) => void } = {},
  ): Pod {
    const { image = "sei/seid:v1", claim, change } = options;
    const spec = seiPodSpec({ image, ...(claim === undefined ? {} : { claim }) }) as PodSpec;
    spec.hostname = `${node}-0`;
    spec.subdomain = node;
    change?.(spec);
    this.#uids += 1;
    const name = `${node}-0`;
    const metadata = {
      name,
      namespace: "ns",
      uid: `uid-${this.#uids}`,
      resourceVersion: "1",
      labels: { "sei.io/node": node },
    };
    const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata, spec };
    this.pods.set(name, pod);
    this.kubelet.observePod(pod);
    return pod;
  }

  bindClaim(name: string): void {
    const metadata = { name, namespace: "ns", uid: `claim-${name}`, resourceVersion: "1" };
    const claim: LiveClaim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata,
      status: { phase: "Bound" },
    };
    this.claims.set(name, claim);
    this.kubelet.observeClaim(claim);
  }

  /** Graceful deletion, as the API server starts it. */
  deletePod(name: string, graceSeconds = 30): void {
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    this.#change(name, (pod) => {
      Object.assign(pod.metadata, { deletionTimestamp, deletionGracePeriodSeconds: graceSeconds });
    });
  }

  status(name: string): PodStatus {
    return this.pods.get(name)?.status ?? {};
  }

  condition(name: string, type: string): string | undefined {
    return this.status(name).conditions?.find((condition) => condition.type === type)?.status;
  }

  container(name: string, container: string) {
    const { initContainerStatuses = [], containerStatuses = [] } = this.status(name);
    return [...initContainerStatuses, ...containerStatuses].find((status) => status.name === container);
  }

  async markReady(node: string): Promise<void> {
    this.kubelet.podsOf("ns", node).at(-1)?.processes?.sidecar?.engine.submit({ type: "mark-ready" });
    await this.clock.advance(10);
  }

  #uuid(): string {
    this.#uids += 1;
    return `99999999-9999-4999-8999-${String(this.#uids).padStart(12, "0")}`;
  }

  #api(): KubeletApi {
    return {
      bind: async (pod, nodeName) => {
        this.#write(`bind ${pod.metadata.name}`);
        this.#change(pod.metadata.name, (copy) => {
          if (copy.spec !== undefined) copy.spec.nodeName = nodeName;
        });
      },
      patchStatus: async (pod, status) => {
        this.#write(`status ${pod.metadata.name}`);
        this.statuses.push(status);
        this.#change(pod.metadata.name, (copy) => {
          copy.status = status;
        });
      },
      finalize: async (pod) => {
        this.#write(`finalize ${pod.metadata.name}`);
        this.pods.delete(pod.metadata.name);
        this.kubelet.forgetPod(pod);
      },
      configMap: async (_, name) => this.configMaps.get(name),
      secretExists: async (_, name) => this.secrets.has(name),
      createVolume: async (claim) => this.#write(`create volume of ${claim.metadata.name}`),
      deleteVolume: async (claim) => this.#write(`delete volume of ${claim.metadata.name}`),
    };
  }

  #write(what: string): void {
    const error = this.failNext;
    this.failNext = undefined;
    if (error !== undefined) throw error;
    this.writes.push(what);
  }

  #change(name: string, change: (pod: Pod) => void): void {
    const pod = this.pods.get(name);
    if (pod === undefined) return;
    const copy = structuredClone(pod);
    change(copy);
    this.pods.set(name, copy);
    this.kubelet.observePod(copy as LivePod);
  }
}

export type PodSpec = NonNullable<Pod["spec"]>;
