/** The real reconciler over a fake API server, a sidecar model and a clock that stands still: for the unit tests of this room. */
import assert from "node:assert/strict";
import type { SeiNode, SeiNodeSpec, SeiNodeTask, SeiNodeTaskSpec, SeiNodeTaskStatus } from "#api";
import { ManualClock } from "#clock";
import { findCondition, type KubeObject, type Logger, type Pod, type Reconcile } from "#kube";
import { createPlanEngine, createSidecarTaskRunner } from "#plan";
import { FakeClient } from "../kube/testing/fake-client.ts";
import { SidecarModel } from "../plan/sidecar-model.fixture.ts";
import { createSeiNodeTaskReconciler } from "./reconciler.ts";

export const taskKey = { namespace: "sei", name: "task" };
export const nodeKey = { namespace: "sei", name: "rpc-0" };

/** The payload that goes with each kind. */
export const payloads = {
  GovSoftwareUpgrade: {
    govSoftwareUpgrade: {
      chainId: "pacific-1",
      title: "Upgrade",
      description: "To v7",
      upgradeName: "v7",
      upgradeHeight: 100,
      initialDeposit: "1usei",
      fees: "1usei",
      gas: 1,
    },
  },
  GovVote: { govVote: { chainId: "pacific-1", proposalId: 1, option: "yes", fees: "1usei", gas: 1 } },
  AwaitCondition: { awaitCondition: { height: { targetHeight: 10 } } },
  UpdateNodeImage: { updateNodeImage: { image: "sei:v2" } },
  AwaitNodesAtHeight: { awaitNodesAtHeight: { targetHeight: 10 } },
  DiscoverPeers: { discoverPeers: {} },
  RestartSeid: { restartSeid: {} },
  MarkReady: { markReady: {} },
} satisfies Readonly<Record<SeiNodeTaskSpec["kind"], Partial<SeiNodeTaskSpec>>>;

export function seiNodeTask(
  kind: SeiNodeTaskSpec["kind"],
  spec: Partial<SeiNodeTaskSpec> = {},
  status?: SeiNodeTaskStatus,
): SeiNodeTask {
  return {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNodeTask",
    metadata: { ...taskKey, uid: "task-uid", resourceVersion: "1", generation: 1 },
    spec: {
      kind,
      target: { nodeRef: { name: nodeKey.name }, requirePhase: "Running", requirePhaseTimeout: "5m" },
      ...payloads[kind],
      ...spec,
    },
    ...(status && { status }),
  };
}

export function seiNode(spec: Partial<SeiNodeSpec> = {}, status: SeiNode["status"] = {}): SeiNode {
  return {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNode",
    metadata: { ...nodeKey, uid: "node-uid", resourceVersion: "1", generation: 1 },
    spec: { chainId: "pacific-1", image: "sei:v1", fullNode: {}, ...spec },
    status: {
      phase: "Running",
      currentImage: "sei:v1",
      statefulSet: { name: nodeKey.name, uid: "sts-uid" },
      ...status,
    },
  };
}

export function nodePod(running = true): Pod {
  const state = running
    ? { running: { startedAt: "2026-01-01T00:00:00Z" } }
    : { waiting: { reason: "ContainerCreating" } };
  const container = (name: string) => ({
    name,
    state,
    ready: running,
    restartCount: 0,
    image: "",
    imageID: "",
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace: nodeKey.namespace,
      name: `${nodeKey.name}-0`,
      uid: "pod-uid",
      resourceVersion: "1",
      labels: { "sei.io/node": nodeKey.name },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "StatefulSet", name: nodeKey.name, uid: "sts-uid" }],
    },
    spec: { containers: [] },
    status: {
      podIP: "10.0.0.7",
      initContainerStatuses: [container("sei-sidecar"), container("kube-rbac-proxy")],
    },
  };
}

export class TaskWorld {
  readonly clock = new ManualClock();
  readonly kube = new FakeClient();
  readonly sidecar = new SidecarModel(this.clock);
  /** `Reason: message` of each event. */
  readonly events: string[] = [];
  /** `from -> to` of each counted phase change. */
  readonly transitions: string[] = [];
  readonly forgotten: string[] = [];
  #reconcile: Reconcile;

  constructor(...objects: KubeObject[]) {
    this.kube.put(...objects);
    this.#reconcile = this.#start();
  }

  /** As after a crash, or on a new leader: nothing is remembered. */
  restart(): void {
    this.#reconcile = this.#start();
  }

  /** One pass, as an event would cause it. Never rejects. */
  async pass(): Promise<{ requeueAfterMs?: number; error?: unknown }> {
    try {
      return await this.#reconcile(taskKey, { signal: new AbortController().signal, log: silent });
    } catch (error) {
      return { error };
    }
  }

  async passes(count: number): Promise<void> {
    for (let i = 0; i < count; i++) assert.equal((await this.pass()).error, undefined);
  }

  /** Passes until it has ended, each when the one before asked for it. Fails after `withinMs`. */
  async end(withinMs = 60_000): Promise<SeiNodeTaskStatus> {
    const until = this.clock.monotonic() + withinMs;
    for (;;) {
      const { requeueAfterMs, error } = await this.pass();
      const { phase } = this.status;
      if (phase === "Complete" || phase === "Failed") return this.status;
      const delay = error === undefined ? (requeueAfterMs ?? 1_000) : 100;
      assert.ok(this.clock.monotonic() + delay <= until, `not ended: ${JSON.stringify(this.status)}`);
      await this.clock.advance(delay);
    }
  }

  get task(): SeiNodeTask {
    return this.kube.live("SeiNodeTask", taskKey) as SeiNodeTask;
  }

  get status(): SeiNodeTaskStatus {
    return this.task.status ?? {};
  }

  get node(): SeiNode {
    return this.kube.live("SeiNode", nodeKey) as SeiNode;
  }

  /** `status/reason` of a condition; empty when it is not there. */
  condition(type: string): string {
    const found = findCondition(this.status.conditions, type);
    return found === undefined ? "" : `${found.status}/${found.reason}`;
  }

  message(type: string): string {
    return findCondition(this.status.conditions, type)?.message ?? "";
  }

  /** Somebody changes the node. */
  changeNode(change: { spec?: Partial<SeiNodeSpec>; status?: SeiNode["status"] }): void {
    const { node } = this;
    this.kube.put({
      ...node,
      metadata: { ...node.metadata, resourceVersion: `${node.metadata.resourceVersion}-changed` },
      spec: { ...node.spec, ...change.spec },
      status: { ...node.status, ...change.status },
    } as SeiNode);
  }

  /** Somebody edits the task. */
  editTask(spec: Partial<SeiNodeTaskSpec>): void {
    const { task } = this;
    const { generation = 1, resourceVersion } = task.metadata;
    this.kube.put({
      ...task,
      metadata: {
        ...task.metadata,
        generation: generation + 1,
        resourceVersion: `${resourceVersion}-edited`,
      },
      spec: { ...task.spec, ...spec },
    } as SeiNodeTask);
  }

  get statusWrites(): number {
    return this.kube.writes.filter(({ verb, kind }) => verb === "mergePatch" && kind === "SeiNodeTask")
      .length;
  }

  /** Writes of `spec.image`. */
  get imageWrites() {
    return this.kube.writes.filter(({ verb, kind }) => verb === "apply" && kind === "SeiNode");
  }

  #start(): Reconcile {
    const { clock } = this;
    return createSeiNodeTaskReconciler({
      client: this.kube.client,
      clock,
      sidecars: () => this.sidecar.client,
      recorder: { event: (_about, _type, reason, message) => this.events.push(`${reason}: ${message}`) },
      metrics: {
        phase() {},
        phaseTransition: (_namespace, from, to) => this.transitions.push(`${from} -> ${to}`),
        forget: (namespace, name) => this.forgotten.push(`${namespace}/${name}`),
      },
      errors: { reconcileError() {} },
      engine: createPlanEngine({ clock }),
      sidecarTasks: createSidecarTaskRunner({ clock }),
    });
  }
}

/** A task whose target is Running with a sidecar that answers. */
export function world(
  kind: SeiNodeTaskSpec["kind"],
  spec: Partial<SeiNodeTaskSpec> = {},
  ...others: KubeObject[]
): TaskWorld {
  return new TaskWorld(seiNodeTask(kind, spec), seiNode(), nodePod(), ...others);
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
