/**
 * A whole operator for a test: real control plane, simulated nodes, the real manager process under its shipped roles,
 * and eyes on the objects. Waiting is always for a state of the world, told by a watch.
 */
import { readFile } from "node:fs/promises";
import {
  type SeiNode,
  type SeiNodeDeployment,
  type SeiNodeDeploymentSpec,
  type SeiNodeSpec,
  type SeiNodeTask,
  type SeiNodeTaskSpec,
  seiNodeDeployments,
  seiNodes,
  seiNodeTasks,
} from "#api";
import { systemClock, systemRandom } from "#clock";
import {
  type ControlPlane,
  installManagerAccess,
  MANAGER_NAMESPACE,
  MANAGER_SERVICE_ACCOUNT,
  type ManagerProcess,
  type Simulator,
  startControlPlane,
  startManager,
  startSimulator,
} from "#devcluster";
import {
  createInformer,
  createRestClient,
  type DeepReadonly,
  findCondition,
  type Informer,
  type KubeObject,
  loadClusterConfig,
  type ObjectKey,
  type Pod,
  pods,
  type ResourceType,
  type RestClient,
  type StatefulSet,
  statefulSets,
} from "#kube";
import { type AuditRecord, parseAuditLog } from "./audit.ts";
import { Faults } from "./faults/index.ts";

export const NAMESPACE = "sei";
export const IMAGE_V1 = "sei:v1";
export const IMAGE_V2 = "sei:v2";
export const IMAGE_V3 = "sei:v3";

const DEFAULT_TIMEOUT_MS = 60_000;

export interface KubeEvent extends KubeObject {
  readonly reason?: string;
  readonly type?: string;
  readonly message?: string;
  readonly count?: number;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string; readonly uid?: string };
  readonly source?: { readonly component?: string };
}

export const events: ResourceType<KubeEvent> = {
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
};

export interface WorldOptions {
  /** Environment of the manager over the devcluster's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Tests that start the manager themselves. Default true. */
  readonly manager?: boolean;
  /** What to have eyes on; the other informers stay empty. Default all. A bench of a thousand nodes sees only those. */
  readonly watch?: readonly ("nodes" | "groups" | "tasks" | "pods" | "statefulSets" | "events")[];
  /** Sidecars meet in one bucket per namespace. Default false: in one for all. */
  readonly bucketPerNamespace?: boolean;
  /** The managers' requests go through `world.faults`. Default false. */
  readonly faults?: boolean;
}

export class World {
  readonly controlPlane: ControlPlane;
  readonly simulator: Simulator;
  readonly rest: RestClient;
  readonly nodes: Informer<SeiNode>;
  readonly tasks: Informer<SeiNodeTask>;
  readonly groups: Informer<SeiNodeDeployment>;
  readonly pods: Informer<Pod>;
  readonly statefulSets: Informer<StatefulSet>;
  readonly events: Informer<KubeEvent>;
  readonly #options: WorldOptions;
  #faults: Faults | undefined;
  readonly #stopping = new AbortController();
  readonly #watching: Promise<void>[] = [];
  readonly #managers: ManagerProcess[] = [];

  private constructor(
    controlPlane: ControlPlane,
    simulator: Simulator,
    rest: RestClient,
    options: WorldOptions,
  ) {
    this.controlPlane = controlPlane;
    this.simulator = simulator;
    this.rest = rest;
    this.#options = options;
    const common = { clock: systemClock, random: systemRandom };
    this.nodes = createInformer(rest, seiNodes, common);
    this.tasks = createInformer(rest, seiNodeTasks, common);
    this.groups = createInformer(rest, seiNodeDeployments, common);
    this.pods = createInformer(rest, pods, common);
    this.statefulSets = createInformer(rest, statefulSets, common);
    this.events = createInformer(rest, events, common);
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    const controlPlane = await startControlPlane({ auditLog: true, keepHistory: options.faults === true });
    try {
      await Promise.all([controlPlane.installCrds(), installManagerAccess(controlPlane)]);
      const kubeconfig = controlPlane.adminKubeconfig;
      const simulator = await startSimulator({
        kubeconfig,
        bucketPerNamespace: options.bucketPerNamespace ?? false,
      });
      const cluster = await loadClusterConfig({ kubeconfig, env: {} });
      const rest = createRestClient(cluster, { clock: systemClock, random: systemRandom, userAgent: "test" });
      const world = new World(controlPlane, simulator, rest, options);
      if (options.faults === true) world.#faults = await Faults.start(controlPlane, simulator.proxyUrl);
      await world.#watch();
      if (options.manager !== false) await world.startManager();
      return world;
    } catch (error) {
      await controlPlane.stop();
      throw error;
    }
  }

  /** Starts one more manager, or the next after a kill. */
  async startManager(
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): Promise<ManagerProcess> {
    const manager = await startManager({
      controlPlane: this.controlPlane,
      proxyUrl: this.#faults?.proxyUrl ?? this.simulator.proxyUrl,
      env: { ...this.#options.env, ...env },
      args,
      ...(this.#faults !== undefined && { apiServer: this.#faults.apiServer }),
    });
    this.#managers.push(manager);
    return manager;
  }

  get faults(): Faults {
    if (this.#faults === undefined) throw new Error("this world was started without faults");
    return this.#faults;
  }

  get manager(): ManagerProcess {
    const manager = this.#managers.at(-1);
    if (manager === undefined) throw new Error("no manager was started");
    return manager;
  }

  /** Every manager that was started, the dead ones too. */
  get managers(): readonly ManagerProcess[] {
    return this.#managers;
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#managers.map((manager) => manager.kill()));
    this.#stopping.abort(new Error("world stopped"));
    await Promise.allSettled(this.#watching);
    await this.#faults?.stop();
    await this.simulator.stop();
    await this.rest.close();
    await this.controlPlane.stop();
  }

  /** A full node without snapshot unless the spec says otherwise. */
  createNode(
    name: string,
    spec: Partial<SeiNodeSpec> = {},
    metadata: object = {},
  ): Promise<DeepReadonly<SeiNode>> {
    const mode = spec.archive ?? spec.replayer ?? spec.validator ?? spec.fullNode;
    return this.rest.create<SeiNode>(seiNodes, {
      apiVersion: "sei.io/v1alpha1",
      kind: "SeiNode",
      metadata: { name, namespace: NAMESPACE, ...metadata },
      spec: { chainId: "pacific-1", image: IMAGE_V1, ...(mode === undefined && { fullNode: {} }), ...spec },
    } as never);
  }

  patchNode(name: string, patch: object): Promise<DeepReadonly<SeiNode>> {
    return this.rest.mergePatch<SeiNode>(seiNodes, { namespace: NAMESPACE, name }, patch);
  }

  /** `payload`: the field that goes with the kind; `more`: the rest of the spec. */
  createTask(
    name: string,
    kind: string,
    node: string,
    payload: Partial<SeiNodeTaskSpec>,
    { target, ...more }: Partial<Omit<SeiNodeTaskSpec, "target">> & { target?: object } = {},
  ): Promise<DeepReadonly<SeiNodeTask>> {
    return this.rest.create<SeiNodeTask>(seiNodeTasks, {
      apiVersion: "sei.io/v1alpha1",
      kind: "SeiNodeTask",
      metadata: { name, namespace: NAMESPACE },
      spec: { kind, target: { nodeRef: { name: node }, ...target }, ...payload, ...more },
    } as never);
  }

  patchTask(name: string, patch: object): Promise<DeepReadonly<SeiNodeTask>> {
    return this.rest.mergePatch<SeiNodeTask>(seiNodeTasks, { namespace: NAMESPACE, name }, patch);
  }

  untilTask(
    name: string,
    what: string,
    passes: (task: DeepReadonly<SeiNodeTask>) => boolean,
    timeoutMs?: number,
  ) {
    const key = { namespace: NAMESPACE, name };
    return this.until(this.tasks, key, `SeiNodeTask ${name}: ${what}`, passes, timeoutMs);
  }

  /** Complete, or rejects at once when it failed instead; and the other way round. */
  async untilEnded(name: string, phase: "Complete" | "Failed", timeoutMs?: number) {
    const ended = (task: DeepReadonly<SeiNodeTask>) => /^(Complete|Failed)$/.test(task.status?.phase ?? "");
    const task = await this.untilTask(name, phase, ended, timeoutMs);
    if (task.status?.phase === phase) return task;
    throw new Error(`SeiNodeTask ${name} is not ${phase}: ${JSON.stringify(task.status, null, 1)}`);
  }

  /** `<name>-0`, `<name>-1` ...: full nodes unless the spec says otherwise. */
  createGroup(
    name: string,
    spec: Partial<Omit<SeiNodeDeploymentSpec, "template">> & {
      readonly template?: Partial<SeiNodeSpec>;
    } = {},
    metadata: object = {},
  ): Promise<DeepReadonly<SeiNodeDeployment>> {
    const { template = {}, ...rest } = spec;
    const mode = template.archive ?? template.replayer ?? template.validator ?? template.fullNode;
    return this.rest.create<SeiNodeDeployment>(seiNodeDeployments, {
      apiVersion: "sei.io/v1alpha1",
      kind: "SeiNodeDeployment",
      metadata: { name, namespace: NAMESPACE, ...metadata },
      spec: {
        replicas: 3,
        updateStrategy: { type: "InPlace" },
        template: {
          spec: {
            chainId: "pacific-1",
            image: IMAGE_V1,
            ...(mode === undefined && { fullNode: {} }),
            ...template,
          },
        },
        ...rest,
      },
    } as never);
  }

  patchGroup(name: string, patch: object): Promise<DeepReadonly<SeiNodeDeployment>> {
    return this.rest.mergePatch<SeiNodeDeployment>(seiNodeDeployments, { namespace: NAMESPACE, name }, patch);
  }

  setGroupImage(name: string, image: string): Promise<DeepReadonly<SeiNodeDeployment>> {
    return this.patchGroup(name, { spec: { template: { spec: { image } } } });
  }

  untilGroup(
    name: string,
    what: string,
    passes: (group: DeepReadonly<SeiNodeDeployment>) => boolean,
    timeoutMs?: number,
  ) {
    return this.until(
      this.groups,
      { namespace: NAMESPACE, name },
      `SeiNodeDeployment ${name}: ${what}`,
      passes,
      timeoutMs,
    );
  }

  /** Ready: every node asked for is Ready on the template, and nothing is going on. */
  untilGroupReady(name: string, image = IMAGE_V1) {
    return this.untilGroup(name, `Ready on ${image}`, (group) => {
      const ready = condition(group, "Ready");
      return (
        ready?.status === "True" &&
        ready.observedGeneration === group.metadata.generation &&
        group.spec.template.spec.image === image
      );
    });
  }

  /** Resolves with the object as soon as it is there and passes; rejects, showing its last state, after `timeoutMs`. */
  until<T extends KubeObject>(
    informer: Informer<T>,
    key: ObjectKey,
    what: string,
    passes: (object: DeepReadonly<T>) => boolean,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  ): Promise<DeepReadonly<T>> {
    return this.#await(
      informer,
      what,
      timeoutMs,
      () => {
        const object = informer.get(key);
        return object !== undefined && passes(object) ? object : undefined;
      },
      () => JSON.stringify(informer.get(key)?.["status" as never] ?? informer.get(key) ?? "absent", null, 1),
    );
  }

  untilGone<T extends KubeObject>(
    informer: Informer<T>,
    key: ObjectKey,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  ): Promise<true> {
    return this.#await(informer, `${key.name} is gone`, timeoutMs, () =>
      informer.get(key) === undefined ? true : undefined,
    );
  }

  untilNode(
    name: string,
    what: string,
    passes: (node: DeepReadonly<SeiNode>) => boolean,
    timeoutMs?: number,
  ) {
    return this.until(
      this.nodes,
      { namespace: NAMESPACE, name },
      `SeiNode ${name}: ${what}`,
      passes,
      timeoutMs,
    );
  }

  /** Ready: Running, no plan, images current, pod and sidecar ready. */
  untilReady(name: string, image = IMAGE_V1) {
    return this.untilNode(
      name,
      `Ready on ${image}`,
      (node) => condition(node, "Ready")?.status === "True" && node.status?.currentImage === image,
    );
  }

  untilEvent(
    about: string,
    reason: string,
    passes: (event: DeepReadonly<KubeEvent>) => boolean = () => true,
  ): Promise<DeepReadonly<KubeEvent>> {
    return this.#await(this.events, `event ${reason} about ${about}`, DEFAULT_TIMEOUT_MS, () =>
      this.eventsOf(about).find((event) => event.reason === reason && passes(event)),
    );
  }

  eventsOf(about: string): readonly DeepReadonly<KubeEvent>[] {
    return this.events.list().filter((event) => event.involvedObject?.name === about);
  }

  pod(node: string): DeepReadonly<Pod> | undefined {
    return this.pods.get({ namespace: NAMESPACE, name: `${node}-0` });
  }

  /** What the managers asked of the API server, in order. */
  async audit(): Promise<readonly AuditRecord[]> {
    const user = `system:serviceaccount:${MANAGER_NAMESPACE}:${MANAGER_SERVICE_ACCOUNT}`;
    return (await this.auditOfAll()).filter((record) => record.user === user);
  }

  /** What anybody asked of it. */
  async auditOfAll(): Promise<readonly AuditRecord[]> {
    const file = this.controlPlane.auditLog;
    return file === undefined ? [] : parseAuditLog(await readFile(file, "utf8"));
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    await this.controlPlane.kubectl(["create", "namespace", NAMESPACE]);
    const { watch = ["nodes", "groups", "tasks", "pods", "statefulSets", "events"] } = this.#options;
    const informers = watch.map((name) => this[name]);
    for (const informer of informers) this.#watching.push(informer.start(signal));
    await Promise.all(informers.map((informer) => informer.synced(signal)));
  }

  #await<T extends KubeObject, R>(
    informer: Informer<T>,
    what: string,
    timeoutMs: number,
    look: () => R | undefined,
    show: () => string = () => "",
  ): Promise<R> {
    return new Promise((resolve, reject) => {
      let stopWatching = () => {};
      const cancelTimer = systemClock.after(timeoutMs, () => {
        stopWatching();
        reject(new Error(`not within ${timeoutMs / 1000} s: ${what}\n${show()}`));
      });
      const check = () => {
        const found = look();
        if (found === undefined) return;
        cancelTimer();
        stopWatching();
        resolve(found);
      };
      stopWatching = informer.onEvent(() => queueMicrotask(check));
      check();
    });
  }
}

export function condition(object: DeepReadonly<SeiNode | SeiNodeDeployment | SeiNodeTask>, type: string) {
  return findCondition(object.status?.conditions, type);
}
