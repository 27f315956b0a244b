/**
 * The real reconciler over a fake API server, a scripted sidecar and a clock that stands still: for tests that judge whole
 * passes. A test changes the world and lets time go by; passes happen when the reconciler asked for them.
 */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { Finalizers, type SeiNode, type SeiNodeStatus, seiNodes, type TaskPlan } from "#api";
import { ManualClock } from "#clock";
import {
  type Client,
  type Condition,
  type DeepReadonly,
  findCondition,
  isJsonObject,
  type KubeObject,
  type Logger,
  type Pod,
  pods,
  type Reconcile,
  type ReconcileResult,
  type ResourceType,
  type StatefulSet,
  statefulSets,
} from "#kube";
import { createPlanEngine, createSidecarTaskRunner } from "#plan";
import type { SeiNodeMetrics } from "#telemetry";
import { FakeClient } from "../kube/testing/fake-client.ts";
import { SEID_CONTAINER, SIDECAR_CONTAINER } from "./pod-state.ts";
import { createSeiNodeReconciler } from "./reconciler.ts";
import { renderStatefulSet } from "./render/index.ts";
import { ScriptedSidecar } from "./scripted-sidecar.ts";
import { images, pod, seiNode, settings } from "./testing.ts";

export const nodeKey = { namespace: "sei", name: "rpc-0" };
export const podKey = { namespace: "sei", name: "rpc-0-0" };

/** What a node that was brought up and settled has in its status. */
export const running: SeiNodeStatus = {
  phase: "Running",
  currentImage: images.seid,
  currentSidecarImage: images.sidecar,
  statefulSet: { name: "rpc-0", uid: "sts-uid" },
  observedGeneration: 1,
};

export interface PassWorldOptions {
  /** Default: a healthy pod of revision rev-1. `null`: none. */
  readonly pod?: Pod | null;
  /** Default: what would be rendered for the default SeiNode, observed at rev-1. `null`: none. */
  readonly statefulSet?: StatefulSet | null;
  /** Status fields the stored CRD does not know, at any depth: the server drops them. */
  readonly prunes?: readonly string[];
  /** What the StatefulSet controller and the kubelet do after a pass, as `rollOut`. Default: nothing. */
  readonly rollsOut?: boolean;
  /** A mutating webhook's rewriting of the seid image of each new pod. */
  readonly mirror?: (image: string) => string;
}

export interface PassResult {
  readonly requeueAfterMs: number | undefined;
  readonly error: unknown;
  readonly changedStatus: boolean;
}

/** More passes than this within one second in which nothing was written: nobody reacts that often on purpose (D15). */
const MOST_IDLE_PASSES_A_SECOND = 10;
/** Written ones included: a bring-up from end to end takes fewer. */
const MOST_PASSES_A_SECOND = 50;
const FIRST_BACKOFF_MS = 5;
const MAX_BACKOFF_MS = 60_000;

export class PassWorld {
  readonly clock = new ManualClock();
  readonly kube = new FakeClient();
  readonly sidecar = new ScriptedSidecar(this.clock);
  /** `Reason: message` of each event. */
  readonly events: string[] = [];
  /** One entry per pass, with the time it ran at. */
  readonly passes: (PassResult & { readonly atMs: number })[] = [];
  readonly #options: PassWorldOptions;
  #reconcile: Reconcile;
  readonly #revisions = new Map<string, string>();
  #failures = 0;
  #ids = 0;

  constructor(node: SeiNode, options: PassWorldOptions = {}) {
    this.#options = options;
    const metadata = { finalizers: [Finalizers.seiNode], ...node.metadata };
    this.kube.put({ ...node, metadata });
    if (options.statefulSet !== null) {
      const statefulSet = options.statefulSet ?? observedStatefulSet();
      this.kube.put(statefulSet);
      this.#revisionOf(statefulSet);
    }
    if (options.pod !== null) this.kube.put(options.pod ?? pod());
    this.#reconcile = this.#startController();
  }

  /** The process ends and another one starts: everything in its memory is lost. */
  restart(): void {
    this.#failures = 0;
    this.#reconcile = this.#startController();
  }

  #startController(): Reconcile {
    return createSeiNodeReconciler({
      client: this.#pruning(this.kube.client),
      settings,
      clock: this.clock,
      random: {
        uuid: () => `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, "0")}`,
        next: () => 0.5,
      },
      sidecars: () => this.sidecar.client,
      metrics: unheard,
      recorder: { event: (_about, _type, reason, message) => this.events.push(`${reason}: ${message}`) },
      engine: createPlanEngine({ clock: this.clock }),
      sidecarTasks: createSidecarTaskRunner({ clock: this.clock }),
    });
  }

  /** The reconciler itself, asked about the node's key. */
  reconcile(): Promise<ReconcileResult> {
    return this.#reconcile(nodeKey, { signal: new AbortController().signal, log: silent });
  }

  /** One pass, as an event would cause it. Never rejects: a pass that failed says so in its result. */
  async pass(): Promise<PassResult> {
    const before = this.status();
    const atMs = this.clock.monotonic();
    let requeueAfterMs: number | undefined;
    let error: unknown;
    try {
      ({ requeueAfterMs } = await this.reconcile());
    } catch (cause) {
      error = cause;
    }
    assert.ok(requeueAfterMs === undefined || requeueAfterMs >= 1, `came back with ${requeueAfterMs} ms`);
    const result = { requeueAfterMs, error, changedStatus: !isDeepStrictEqual(before, this.status()) };
    this.passes.push({ ...result, atMs });
    this.#assertNoHotLoop();
    return result;
  }

  async passTimes(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.pass();
  }

  /**
   * Lets `ms` go by from a pass on: passes happen when the last one asked for it, after its back-off when it failed, and at
   * once when `rollsOut` changed something. Fails when the reconciler spins.
   */
  async elapse(ms: number): Promise<void> {
    const end = this.clock.monotonic() + ms;
    for (;;) {
      const { requeueAfterMs, error } = await this.pass();
      this.#failures = error === undefined ? 0 : this.#failures + 1;
      if (this.#options.rollsOut === true && this.rollOut()) continue;
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures, MAX_BACKOFF_MS);
      const delayMs = error === undefined ? requeueAfterMs : backoffMs;
      const left = end - this.clock.monotonic();
      if (delayMs === undefined || delayMs > left) return await this.clock.advance(left);
      await this.clock.advance(delayMs);
    }
  }

  /** The StatefulSet controller records the revision of the template and makes a missing pod. True: something changed. */
  rollOut(): boolean {
    const statefulSet = this.statefulSet();
    if (statefulSet === undefined) return false;
    const revision = this.#revisionOf(statefulSet);
    const { generation = 1 } = statefulSet.metadata;
    const { updateRevision, observedGeneration } = statefulSet.status ?? {};
    const outdated = updateRevision !== revision || observedGeneration !== generation;
    if (outdated) {
      this.kube.put({
        ...statefulSet,
        status: {
          ...statefulSet.status,
          replicas: 1,
          observedGeneration: generation,
          updateRevision: revision,
        },
      } as StatefulSet);
    }
    const missing = statefulSet.spec?.replicas !== 0 && this.pod() === undefined;
    if (missing) {
      const { seid, sidecar } = templateImages(statefulSet);
      const made = pod({ seid: this.#options.mirror?.(seid) ?? seid, sidecar, revision });
      const { name, uid } = statefulSet.metadata;
      const ownerReferences = [{ apiVersion: "apps/v1", kind: "StatefulSet", name, uid, controller: true }];
      this.kube.put({ ...made, metadata: { ...made.metadata, uid: `pod-${revision}`, ownerReferences } });
      // A new sidecar process waits for its mark-ready.
      this.sidecar.ready = false;
    }
    return outdated || missing;
  }

  node(): SeiNode {
    const node = this.#live<SeiNode>(seiNodes, nodeKey.name);
    assert.ok(node, "the SeiNode is gone");
    return node;
  }

  status(): SeiNodeStatus {
    return this.node().status ?? {};
  }

  plan(): TaskPlan | undefined {
    return this.status().plan;
  }

  /** `type:status` of each task of the plan. */
  tasks(): string[] {
    return this.plan()?.tasks.map((task) => `${task.type}:${task.status}`) ?? [];
  }

  condition(type: string): Condition {
    const condition = findCondition(this.status().conditions, type);
    assert.ok(condition, `condition ${type} is missing`);
    return condition;
  }

  statefulSet(): StatefulSet | undefined {
    return this.#live(statefulSets, nodeKey.name);
  }

  pod(): Pod | undefined {
    return this.#live(pods, podKey.name);
  }

  /** A person edits the object: spec changes raise the generation. */
  edit(change: { spec?: Partial<SeiNode["spec"]>; annotations?: Record<string, string> }): void {
    const node = this.node();
    const { generation = 0, annotations, resourceVersion } = node.metadata;
    this.kube.put({
      ...node,
      metadata: {
        ...node.metadata,
        annotations: { ...annotations, ...change.annotations },
        generation: change.spec === undefined ? generation : generation + 1,
        resourceVersion: `${resourceVersion}-edited`,
      },
      spec: { ...node.spec, ...change.spec },
    } as SeiNode);
  }

  /** Writes of this verb (and kind), in order. */
  writes(verb: string, kind?: string) {
    return this.kube.writes.filter((write) => write.verb === verb && (kind ?? write.kind) === write.kind);
  }

  get statusWrites(): number {
    return this.writes("mergePatch", "SeiNode").length;
  }

  #assertNoHotLoop(): void {
    const since = this.clock.monotonic() - 1000;
    const recent = this.passes.slice(-MOST_PASSES_A_SECOND - 1).filter(({ atMs }) => atMs > since);
    const idle = recent.filter(({ changedStatus }) => !changedStatus);
    const said = idle.map(({ requeueAfterMs, error }) => error ?? requeueAfterMs).join(", ");
    assert.ok(idle.length <= MOST_IDLE_PASSES_A_SECOND, `spins without writing anything: ${said}`);
    assert.ok(recent.length <= MOST_PASSES_A_SECOND, "spins, and writes the status each time");
  }

  #revisionOf(statefulSet: StatefulSet): string {
    const template = JSON.stringify(statefulSet.spec?.template);
    const known = this.#revisions.get(template) ?? `rev-${this.#revisions.size + 1}`;
    this.#revisions.set(template, known);
    return known;
  }

  #live<T extends KubeObject>(resource: ResourceType<T>, name: string): T | undefined {
    return this.kube.live(resource.kind, { namespace: nodeKey.namespace, name }) as T | undefined;
  }

  #pruning(client: Client): Client {
    const names = new Set(this.#options.prunes);
    return {
      ...client,
      mergePatch: (resource, key, patch, options, signal) =>
        client.mergePatch(
          resource,
          key,
          options?.subresource === "status" ? without(patch, names) : patch,
          options,
          signal,
        ),
    };
  }
}

/** As rendered for the default SeiNode with `spec`, seen by the StatefulSet controller. */
export function observedStatefulSet(
  spec: Partial<SeiNode["spec"]> = {},
  options: { readonly sidecarImage?: string } = {},
): StatefulSet {
  const sidecarImage = options.sidecarImage ?? settings.sidecarImage;
  const rendered = structuredClone(renderStatefulSet(seiNode(spec), { ...settings, sidecarImage }));
  const status = { observedGeneration: 1, updateRevision: "rev-1", currentRevision: "rev-1", replicas: 1 };
  const metadata = { ...rendered.metadata, uid: "sts-uid", resourceVersion: "5", generation: 1 };
  return { ...rendered, metadata, status } as StatefulSet;
}

/** The pod with its container's status changed. */
export function withContainer(
  given: Pod,
  container: string,
  change: Partial<NonNullable<NonNullable<Pod["status"]>["containerStatuses"]>[number]>,
): Pod {
  const changed = structuredClone(given);
  const statuses = [
    ...(changed.status?.initContainerStatuses ?? []),
    ...(changed.status?.containerStatuses ?? []),
  ];
  const status = statuses.find(({ name }) => name === container);
  assert.ok(status, `the pod has no container ${container}`);
  Object.assign(status, change);
  if (change.ready === false && changed.status)
    changed.status.conditions = [{ type: "Ready", status: "False" }];
  return changed;
}

function templateImages(statefulSet: DeepReadonly<StatefulSet>): { seid: string; sidecar: string } {
  const spec = statefulSet.spec?.template.spec;
  const imageOf = (wanted: string) =>
    [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find(({ name }) => name === wanted)?.image;
  const [seid, sidecar] = [imageOf(SEID_CONTAINER), imageOf(SIDECAR_CONTAINER)];
  assert.ok(seid !== undefined && sidecar !== undefined, "the template names no images");
  return { seid, sidecar };
}

function without<T>(value: T, names: ReadonlySet<string>): T {
  if (Array.isArray(value)) return value.map((item) => without(item, names)) as T;
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([name]) => !names.has(name));
  return Object.fromEntries(kept.map(([name, item]) => [name, without(item, names)])) as T;
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

const unheard: SeiNodeMetrics = {
  phase() {},
  phaseTransition() {},
  phaseDuration() {},
  planDuration() {},
  planActive() {},
  sidecarProbe() {},
  sidecarReady() {},
  reconcileError() {},
  forget() {},
};
