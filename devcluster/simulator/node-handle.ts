import type { Container, Kubelet, PodWorker, SimulatedNode } from "../kubelet/index.ts";
import type {
  Fault,
  FaultFilter,
  NodeFiles,
  RequestLog,
  RequestRecord,
  RestartLimits,
  SeidSettings,
  SeidState,
  SidecarVersion,
  TaskPost,
  TaskRow,
  TaskScript,
} from "../sidecar/index.ts";
import { nodeIdOf, type Seid, type Volume } from "../sidecar/index.ts";

/**
 * One SeiNode for a test: scripts what its sidecar and seid do, and shows what they were asked. Valid before the node
 * exists and after it is gone; scripts hold over all its pods.
 */
export class NodeHandle {
  readonly #node: SimulatedNode;
  readonly #kubelet: Kubelet;
  readonly #requests: RequestLog;
  readonly sidecar: SidecarHandle;
  readonly seid: SeidHandle;

  constructor(node: SimulatedNode, kubelet: Kubelet, requests: RequestLog) {
    this.#node = node;
    this.#kubelet = kubelet;
    this.#requests = requests;
    this.sidecar = new SidecarHandle(node, kubelet);
    this.seid = new SeidHandle(node, kubelet);
  }

  /** How tasks of this type go, from their next execution on. Replaces earlier scripts; without scripts: normal. */
  script(type: string, ...scripts: readonly TaskScript[]): void {
    this.#node.scripts.set(type, ...scripts);
  }

  /** Disturbs requests to this node; on port 8443 unless the filter says otherwise. Returns the cure. */
  fault(fault: Fault, filter?: FaultFilter): () => void {
    return this.#node.faults.add(fault, filter);
  }

  /** Back to normal: no scripts, no faults, a sidecar that starts. */
  heal(): void {
    this.#node.scripts.clear();
    this.#node.faults.clear();
    this.sidecar.revive();
  }

  /** Every POST /v0/tasks, over all pods and volumes, oldest first; of one type if given. */
  posts(type?: string): readonly TaskPost[] {
    const { posts } = this.#node.journal;
    return type === undefined ? posts : posts.filter((post) => post.type === type);
  }

  /** Number of POSTs by task id: all 1 when nothing was submitted twice. */
  get postCounts(): ReadonlyMap<string, number> {
    return this.#node.journal.postCounts;
  }

  /** How often the task's work was started. */
  executionsOf(id: string): number {
    return this.#node.journal.executionsOf(id);
  }

  /** The sidecar's task table, newest submission first. Does not count as polling. */
  get tasks(): readonly Readonly<TaskRow>[] {
    return [...(this.#node.volume?.rows.values() ?? [])].reverse();
  }

  get files(): NodeFiles {
    return volumeOf(this.#node).files;
  }

  /** 40 hex digits; undefined before an identity exists. */
  get nodeId(): string | undefined {
    const { nodeKey } = volumeOf(this.#node);
    return nodeKey === undefined ? undefined : nodeIdOf(nodeKey);
  }

  /** What reached this node over the network. */
  requests(wanted: Partial<RequestRecord> = {}): readonly RequestRecord[] {
    return this.#requests.matching({ ...wanted, namespace: this.#node.namespace, node: this.#node.name });
  }

  /** The disk is lost: tasks, files, chain data and identity are gone, and the processes on it crash. */
  loseVolume(): void {
    // The processes first: a dying seid still writes its height.
    for (const name of ["sei-sidecar", "seid"]) containerOf(this.#node, this.#kubelet, name)?.crash(1);
    volumeOf(this.#node).wipe();
  }
}

/** The sidecar of the node's newest pod. */
export class SidecarHandle {
  readonly #node: SimulatedNode;
  readonly #kubelet: Kubelet;

  constructor(node: SimulatedNode, kubelet: Kubelet) {
    this.#node = node;
    this.#kubelet = kubelet;
  }

  /** Which seictl the next start is. Default v0.0.56. */
  set version(version: SidecarVersion) {
    this.#node.sidecarVersion = version;
  }

  get version(): SidecarVersion {
    return this.#node.sidecarVersion;
  }

  /** Whether healthz would say 200. */
  get ready(): boolean {
    return newestPod(this.#node, this.#kubelet)?.processes?.sidecar?.engine.ready ?? false;
  }

  /** Limits of restart-seid. */
  get restartLimits(): RestartLimits {
    return this.#node.restartLimits;
  }

  /** SIGKILL: the ready flag is lost, running tasks run again in the next process, which the kubelet starts. */
  crash(): void {
    requireContainer(this.#node, this.#kubelet, "sei-sidecar").crash(137);
  }

  /** SIGTERM, and a new process: v0.0.56 fails running tasks with "context canceled". */
  restart(): void {
    const container = requireContainer(this.#node, this.#kubelet, "sei-sidecar");
    container.program?.terminate();
  }

  /** Dies, and again at each start, until `revive`. */
  kill(): void {
    this.#node.sidecarIsDead = true;
    containerOf(this.#node, this.#kubelet, "sei-sidecar")?.crash(1);
  }

  /** Starts again, at once if its container waits in a crash back-off. */
  revive(): void {
    this.#node.sidecarIsDead = false;
    containerOf(this.#node, this.#kubelet, "sei-sidecar")?.retryNow();
  }

  /** SIGKILL, and the next process finds an empty task database: every id is unknown to it. Files and chain data stay. */
  forget(): void {
    this.crash();
    volumeOf(this.#node).rows.clear();
  }

  /** The task database fails on every use, or works again. */
  set databaseBroken(broken: boolean) {
    volumeOf(this.#node).databaseBroken = broken;
  }
}

/** seid of the node's newest pod. */
export class SeidHandle {
  readonly #node: SimulatedNode;
  readonly #kubelet: Kubelet;

  constructor(node: SimulatedNode, kubelet: Kubelet) {
    this.#node = node;
    this.#kubelet = kubelet;
  }

  get state(): SeidState | "absent" {
    return this.#seid?.state ?? "absent";
  }

  get height(): number {
    return this.#seid?.height ?? volumeOf(this.#node).height;
  }

  /** The image that runs now. */
  get image(): string | undefined {
    return this.#seid?.image;
  }

  /** Changes seid's manners, at once and for later pods. */
  configure(settings: Partial<SeidSettings>): void {
    Object.assign(this.#node.seidSettings, settings);
    newestPod(this.#node, this.#kubelet)?.kick();
  }

  /** Stands still at an upgrade height: the process lives, answers nobody, and only another image gets further. */
  halt(): void {
    this.#require().halt();
  }

  /** Takes the halt back. */
  resume(): void {
    this.#require().resume();
  }

  /** Exits with this code; the kubelet restarts the container. */
  crash(code = 1): void {
    this.#require().exit(code);
  }

  get #seid(): Seid | undefined {
    return newestPod(this.#node, this.#kubelet)?.processes?.seid;
  }

  #require(): Seid {
    const seid = this.#seid;
    if (seid === undefined)
      throw new Error(`${this.#node.namespace}/${this.#node.name} has no running seid container`);
    return seid;
  }
}

function newestPod(node: SimulatedNode, kubelet: Kubelet): PodWorker | undefined {
  return kubelet.podsOf(node.namespace, node.name).at(-1);
}

function containerOf(node: SimulatedNode, kubelet: Kubelet, name: string): Container | undefined {
  return newestPod(node, kubelet)?.processes?.container(name);
}

function requireContainer(node: SimulatedNode, kubelet: Kubelet, name: string): Container {
  const container = containerOf(node, kubelet, name);
  if (container?.isRunning !== true) {
    throw new Error(`${node.namespace}/${node.name}: container ${name} is not running`);
  }
  return container;
}

function volumeOf(node: SimulatedNode): Volume {
  if (node.volume === undefined)
    throw new Error(`${node.namespace}/${node.name} never had a pod with a volume`);
  return node.volume;
}
