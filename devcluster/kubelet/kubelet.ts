/**
 * Scheduler, kubelet and volume provisioner for every pod of the cluster, driven by watch events. Holds the simulated
 * disks, and knows which pod serves which host name.
 */
import type { Clock, Random } from "#clock";
import type { DeepReadonly, Service } from "#kube";
import { type Bucket, Changes, type Network, nodeIdOf, type PodServer, Volume } from "../sidecar/index.ts";
import type { KubeletApi, LiveClaim, LivePod } from "./api.ts";
import type { ImageRules } from "./images.ts";
import type { KubeletLatencies } from "./latencies.ts";
import { claimNamesOf } from "./mounts.ts";
import { PodWorker, seiNodeNameOf } from "./pod-worker.ts";
import { programsOf, type StartProgram } from "./programs.ts";
import { Provisioner } from "./provisioner.ts";
import type { SimulatedNode } from "./simulated-node.ts";

export interface KubeletOptions {
  api: KubeletApi;
  clock: Clock;
  random: Random;
  images: ImageRules;
  /** Where the sidecars of a namespace keep what they share. */
  bucket: (namespace: string) => Bucket;
  latencies: KubeletLatencies;
  node: (namespace: string, name: string) => SimulatedNode;
  claim: (namespace: string, name: string) => LiveClaim | undefined;
  service: (namespace: string, name: string) => DeepReadonly<Service> | undefined;
  nodeName: string;
  onError: (about: string, error: unknown) => void;
}

export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #provisioner: Provisioner;
  readonly #workers = new Map<string, PodWorker>();
  /** By namespace/SeiNode. Usually one pod; a terminating or bootstrap pod may be there beside it. */
  readonly #byNode = new Map<string, Set<PodWorker>>();
  readonly #byClaim = new Map<string, Set<PodWorker>>();
  readonly #volumes = new Map<string, Volume>();
  readonly #held = new Set<string>();
  #addresses = 0;

  constructor(options: KubeletOptions) {
    this.#options = options;
    this.#provisioner = new Provisioner(options.api, (claim, error) => {
      options.onError(`volume of claim ${claim.metadata.namespace}/${claim.metadata.name}`, error);
      options.clock.after(retryMs, () => this.#provisionAgain(claim));
    });
  }

  observePod(pod: LivePod): void {
    const known = this.#workers.get(pod.metadata.uid);
    if (known !== undefined) {
      known.observe(pod);
      return;
    }
    const worker = new PodWorker(pod, this.#workerOptions());
    this.#workers.set(pod.metadata.uid, worker);
    addTo(this.#byNode, nodeKeyOf(pod), worker);
    for (const key of claimKeysOf(pod)) addTo(this.#byClaim, key, worker);
  }

  forgetPod(pod: LivePod): void {
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker === undefined) return;
    worker.end();
    this.#workers.delete(pod.metadata.uid);
    removeFrom(this.#byNode, nodeKeyOf(pod), worker);
    for (const key of claimKeysOf(pod)) removeFrom(this.#byClaim, key, worker);
  }

  observeClaim(claim: LiveClaim): void {
    this.#provisioner.observe(claim);
    for (const worker of this.#byClaim.get(keyText(claim)) ?? []) {
      if (worker.processes === undefined) worker.kick(0);
    }
  }

  forgetClaim(claim: LiveClaim): void {
    this.#volumes.delete(claim.metadata.uid);
    this.#provisioner.forget(claim);
  }

  /** Pods of this name stay unschedulable until released. Pods that run already are unaffected. */
  hold(namespace: string, name: string): void {
    this.#held.add(`${namespace}/${name}`);
  }

  release(namespace: string, name: string): void {
    this.#held.delete(`${namespace}/${name}`);
    for (const worker of this.#workers.values()) if (worker.processes === undefined) worker.kick(0);
  }

  /** Image rules changed: running seids and waiting containers are looked at again, back-offs are over. */
  reconsiderImages(): void {
    for (const worker of this.#workers.values()) {
      worker.processes?.seid?.reconsider();
      for (const container of worker.processes?.containers ?? []) container.retryNow();
      worker.kick(0);
    }
  }

  /** The pods of a SeiNode, newest last. */
  podsOf(namespace: string, node: string): readonly PodWorker[] {
    return [...(this.#byNode.get(`${namespace}/${node}`) ?? [])];
  }

  /**
   * Who serves this host name now, as cluster DNS would have it: the headless Service must exist, select the pod and
   * publish it. `<pod>.<service>.<namespace>.svc[.cluster.local]`, or without the pod.
   */
  resolve(host: string): PodServer | undefined {
    const name = parseServiceHost(host);
    if (name === undefined) return undefined;
    const service = this.#options.service(name.namespace, name.service);
    if (service?.spec?.clusterIP !== "None") return undefined;
    const candidates = [...(this.#byNode.get(`${name.namespace}/${name.service}`) ?? [])].filter(
      ({ pod, processes }) =>
        processes !== undefined &&
        (name.pod === undefined || (pod.spec?.hostname ?? pod.metadata.name) === name.pod) &&
        selects(service, pod) &&
        (service.spec?.publishNotReadyAddresses === true || processes.ready),
    );
    // Several pods under one name: DNS would give any address; the one that lives is what a client ends up with.
    const worker =
      candidates.findLast(({ processes }) => processes?.sidecar !== undefined) ?? candidates.at(-1);
    return worker === undefined ? undefined : this.#serverOf(worker);
  }

  stop(): void {
    for (const worker of this.#workers.values()) worker.end();
    this.#workers.clear();
    this.#byNode.clear();
    this.#byClaim.clear();
  }

  #workerOptions() {
    const { api, clock, images, latencies, nodeName, onError } = this.#options;
    this.#addresses += 1;
    const n = this.#addresses;
    return {
      api,
      clock,
      ...latencies,
      nodeName,
      hostIP: "10.0.0.1",
      podIP: `10.${1 + ((n >> 16) & 0x7f)}.${(n >> 8) & 0xff}.${n & 0xff}`,
      canPull: (image: string) => images.canPull(image),
      place: (pod: LivePod) => this.#place(pod),
      programs: (...args: Parameters<Kubelet["programsFor"]>) => this.programsFor(...args),
      onError: (pod: LivePod, error: unknown) => onError(`pod ${keyText(pod)}`, error),
    };
  }

  /** @internal Called by the pod's worker once it is placed. */
  programsFor(
    worker: PodWorker,
    volume: Volume,
    rbacProxyConfig: Parameters<ConstructorParameters<typeof PodWorker>[1]["programs"]>[2],
  ): StartProgram {
    const { clock, random, images, bucket, latencies } = this.#options;
    const node = this.#nodeOf(worker.pod);
    node.volume = volume;
    const changes = new Changes();
    changes.subscribe(() => worker.kick());
    const seid = () => worker.processes?.seid;
    const environment = {
      clock,
      version: node.sidecarVersion,
      volume,
      node: `${node.namespace}/${node.name}`,
      seid,
      seidSettings: node.seidSettings,
      changes,
      bucket: bucket(node.namespace),
      network: this.#network,
      restartLimits: node.restartLimits,
    };
    const imageBehaviour = (image: string) => images.programOf(image);
    const { initMs } = latencies;
    return programsOf({
      clock,
      random,
      node,
      volume,
      initMs,
      imageBehaviour,
      environment,
      changes,
      rbacProxyConfig,
      seid,
    });
  }

  readonly #network: Network = {
    status: (host) => {
      if (parseServiceHost(host) === undefined) return "external";
      const server = this.resolve(host);
      if (server?.seid?.rpcUp !== true) return "unreachable";
      const { nodeKey } = server.seid.volume;
      return {
        nodeId: (nodeKey === undefined ? undefined : nodeIdOf(nodeKey)) ?? "",
        height: server.seid.height,
      };
    },
  };

  #place(pod: LivePod): { unschedulable: string } | { volume: Volume } {
    const { namespace = "", name, uid } = pod.metadata;
    if (this.#held.has(`${namespace}/${name}`)) {
      return { unschedulable: "0/1 nodes are available: 1 held by the simulator." };
    }
    let diskId: string | undefined;
    for (const claimName of claimNamesOf(pod)) {
      const claim = this.#options.claim(namespace, claimName);
      if (claim === undefined) return { unschedulable: `persistentvolumeclaim "${claimName}" not found` };
      // As the scheduler has it. A pod that were placed would keep the claim, and with it its own start, for ever.
      if (claim.metadata.deletionTimestamp !== undefined) {
        return { unschedulable: `persistentvolumeclaim "${claimName}" is being deleted` };
      }
      if (claim.status?.phase !== "Bound") {
        return {
          unschedulable: "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
        };
      }
      diskId ??= claim.metadata.uid;
    }
    return { volume: this.#volume(diskId ?? uid) };
  }

  #volume(id: string): Volume {
    const known = this.#volumes.get(id) ?? new Volume(id);
    this.#volumes.set(id, known);
    return known;
  }

  #nodeOf(pod: LivePod): SimulatedNode {
    return this.#options.node(pod.metadata.namespace ?? "", seiNodeNameOf(pod));
  }

  #serverOf(worker: PodWorker): PodServer {
    const node = this.#nodeOf(worker.pod);
    const { processes } = worker;
    return {
      namespace: node.namespace,
      node: node.name,
      faults: node.faults,
      // Getters: a request that waited (for a review) must see who runs now, not who ran when it came.
      get rbacProxy() {
        return processes?.containers.find(({ program }) => program?.rbacProxy !== undefined)?.program
          ?.rbacProxy;
      },
      get sidecar() {
        return processes?.sidecar;
      },
      get seid() {
        return processes?.seid;
      },
    };
  }

  #provisionAgain(claim: LiveClaim): void {
    const { namespace = "", name, uid } = claim.metadata;
    const newest = this.#options.claim(namespace, name);
    if (newest?.metadata.uid === uid) this.#provisioner.observe(newest);
  }
}

const retryMs = 250;

function parseServiceHost(host: string): { pod?: string; service: string; namespace: string } | undefined {
  const match = /^(?:([^.]+)\.)?([^.]+)\.([^.]+)\.svc(?:\.cluster\.local)?\.?$/.exec(host);
  const [, pod, service, namespace] = match ?? [];
  if (service === undefined || namespace === undefined) return undefined;
  return pod === undefined ? { service, namespace } : { pod, service, namespace };
}

function selects(service: DeepReadonly<Service>, pod: LivePod): boolean {
  const wanted = Object.entries(service.spec?.selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => pod.metadata.labels?.[key] === value);
}

function keyText({
  metadata,
}: {
  readonly metadata: { readonly namespace?: string; readonly name: string };
}): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function nodeKeyOf(pod: LivePod): string {
  return `${pod.metadata.namespace ?? ""}/${seiNodeNameOf(pod)}`;
}

function claimKeysOf(pod: LivePod): string[] {
  return claimNamesOf(pod).map((name) => `${pod.metadata.namespace ?? ""}/${name}`);
}

function addTo<Value>(index: Map<string, Set<Value>>, key: string, value: Value): void {
  const values = index.get(key);
  if (values === undefined) index.set(key, new Set([value]));
  else values.add(value);
}

function removeFrom<Value>(index: Map<string, Set<Value>>, key: string, value: Value): void {
  const values = index.get(key);
  values?.delete(value);
  if (values?.size === 0) index.delete(key);
}
