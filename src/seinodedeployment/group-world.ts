/**
 * The real reconciler over a fake API server, scripted sidecars and a clock that stands still: for tests that judge whole
 * passes. The nodes are played by the test: `settle` does what their own controller would. Real code never imports it.
 */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import {
  Finalizers,
  type SeiNode,
  type SeiNodeDeployment,
  type SeiNodeDeploymentSpec,
  type SeiNodeDeploymentStatus,
  type SeiNodeStatus,
  seiNodeDeployments,
  seiNodes,
} from "#api";
import { formatTime, ManualClock } from "#clock";
import { type Condition, findCondition, type Logger, type Pod, type Reconcile } from "#kube";
import { createPlanEngine, createSidecarTaskRunner } from "#plan";
import type { SeiNodeDeploymentMetrics } from "#telemetry";
import { FakeClient } from "../kube/testing/fake-client.ts";
import { NodeSidecar } from "./node-sidecar.fixture.ts";
import { createGroupReconciler } from "./reconciler.ts";
import { groupSettings } from "./testing.ts";

export const groupKey = { namespace: "sei", name: "rpc" };

export interface PassResult {
  readonly requeueAfterMs: number | undefined;
  readonly error: unknown;
  readonly changedStatus: boolean;
}

export class GroupWorld {
  readonly clock = new ManualClock();
  readonly kube = new FakeClient();
  /** `Reason: message` of each event. */
  readonly events: string[] = [];
  readonly passes: (PassResult & { readonly atMs: number })[] = [];
  readonly metrics: string[] = [];
  /** What was logged as a warning. */
  readonly warnings: string[] = [];
  readonly #sidecars = new Map<string, NodeSidecar>();
  #reconcile: Reconcile;
  #ids = 0;

  constructor(spec: SeiNodeDeploymentSpec, status: SeiNodeDeploymentStatus = {}, metadata: object = {}) {
    const group: SeiNodeDeployment = {
      apiVersion: "sei.io/v1alpha1",
      kind: "SeiNodeDeployment",
      metadata: {
        ...groupKey,
        uid: "group-uid",
        resourceVersion: "1",
        generation: 1,
        creationTimestamp: formatTime(this.clock.now()),
        finalizers: [Finalizers.seiNodeDeployment],
        ...metadata,
      },
      spec,
      status,
    };
    this.kube.put(group);
    this.kube.now = () => formatTime(this.clock.now());
    this.#reconcile = this.#start();
  }

  /** Another process: nothing in memory is left. */
  restart(): void {
    this.#reconcile = this.#start();
  }

  #start(): Reconcile {
    return createGroupReconciler({
      client: this.kube.client,
      settings: groupSettings,
      clock: this.clock,
      random: {
        uuid: () => `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, "0")}`,
        next: () => 0.5,
      },
      sidecars: ({ node }) => this.sidecar(node).client,
      metrics: this.#heard(),
      recorder: { event: (_about, _type, reason, message) => this.events.push(`${reason}: ${message}`) },
      gatewayApi: { installed: true },
      lookup: async () => "resolves",
      engine: createPlanEngine({ clock: this.clock }),
      sidecarTasks: createSidecarTaskRunner({ clock: this.clock }),
    });
  }

  async pass(): Promise<PassResult> {
    const before = this.status();
    const atMs = this.clock.monotonic();
    let requeueAfterMs: number | undefined;
    let error: unknown;
    try {
      const signal = new AbortController().signal;
      ({ requeueAfterMs } = await this.#reconcile(groupKey, { signal, log: this.#log }));
    } catch (cause) {
      error = cause;
    }
    assert.ok(requeueAfterMs === undefined || requeueAfterMs >= 1, `came back with ${requeueAfterMs} ms`);
    const result = { requeueAfterMs, error, changedStatus: !isDeepStrictEqual(before, this.status()) };
    this.passes.push({ ...result, atMs });
    return result;
  }

  /** Passes as the reconciler asks for them, until `ms` went by. */
  async elapse(ms: number): Promise<void> {
    const end = this.clock.monotonic() + ms;
    for (let count = 0; ; count++) {
      assert.ok(count < 2_000, "spins");
      const { requeueAfterMs = 60_000, error } = await this.pass();
      const delay = error === undefined ? requeueAfterMs : 1_000;
      const left = end - this.clock.monotonic();
      if (delay > left) return await this.clock.advance(left);
      await this.clock.advance(delay);
    }
  }

  /** Passes, each followed by `settle` of every node, until nothing changes any more. */
  async converge(): Promise<void> {
    for (let count = 0; count < 100; count++) {
      const { changedStatus, error, requeueAfterMs = 0 } = await this.pass();
      if (error !== undefined) throw error;
      await this.clock.advance(Math.min(requeueAfterMs, 1_000));
      const moved = this.nodes().filter((node) => this.settle(node.metadata.name)).length;
      if (!changedStatus && moved === 0 && requeueAfterMs > 1_000) return;
    }
    assert.fail(`does not converge: ${JSON.stringify(this.status(), null, 1)}`);
  }

  /** What the node's own controller would do: brings it to Ready on its spec. False: it was there already. */
  settle(name: string): boolean {
    const node = this.node(name);
    const before = node.status ?? {};
    if (node.spec.paused === true) return false;
    const status = readyStatus(node);
    if (before.phase === "Running" && isReadyOn(node)) return false;
    this.kube.put({ ...node, metadata: this.#bumped(node), status } as SeiNode);
    this.kube.put(podOf(name));
    return true;
  }

  /** The node's status is changed as given; the conditions given replace those of their type. */
  setStatus(name: string, status: Partial<SeiNodeStatus>): void {
    const node = this.node(name);
    this.kube.put({
      ...node,
      metadata: this.#bumped(node),
      status: { ...node.status, ...status },
    } as SeiNode);
  }

  /** Running as before, and not Ready: it halted at its upgrade height, or its pod does not start. */
  halt(name: string, more: Partial<SeiNodeStatus> = {}): void {
    const node = this.node(name);
    const { generation = 1 } = node.metadata;
    const conditions = [conditionOf("Ready", "False", "PodNotReady", generation)];
    this.setStatus(name, { observedGeneration: generation, conditions, ...more });
  }

  editNode(name: string, change: (node: SeiNode) => void): void {
    const node = structuredClone(this.node(name));
    change(node);
    node.metadata.generation = (node.metadata.generation ?? 1) + 1;
    node.metadata.resourceVersion = this.kube.nextVersion();
    this.kube.put(node);
  }

  /** A person edits the group. */
  edit(change: (spec: SeiNodeDeploymentSpec) => void): void {
    const group = structuredClone(this.group());
    change(group.spec);
    group.metadata.generation = (group.metadata.generation ?? 0) + 1;
    group.metadata.resourceVersion = this.kube.nextVersion();
    this.kube.put(group);
  }

  setGroupStatus(change: (status: SeiNodeDeploymentStatus) => void): void {
    const group = structuredClone(this.group());
    group.status ??= {};
    change(group.status);
    this.kube.put(group);
  }

  removeNode(name: string): void {
    this.kube.remove(seiNodes.kind, { namespace: "sei", name });
  }

  sidecar(node: string): NodeSidecar {
    const known = this.#sidecars.get(node) ?? new NodeSidecar(`${node}-id`);
    this.#sidecars.set(node, known);
    return known;
  }

  group(): SeiNodeDeployment {
    const group = this.kube.live(seiNodeDeployments.kind, groupKey);
    assert.ok(group, "the group is gone");
    return group as SeiNodeDeployment;
  }

  status(): SeiNodeDeploymentStatus {
    return (this.kube.live(seiNodeDeployments.kind, groupKey) as SeiNodeDeployment | undefined)?.status ?? {};
  }

  condition(type: string): Condition {
    const condition = findCondition(this.status().conditions, type);
    assert.ok(condition, `condition ${type} is missing`);
    return condition;
  }

  /** `Status/Reason`. */
  told(type: string): string {
    const { status, reason } = this.condition(type);
    return `${status}/${reason}`;
  }

  node(name: string): SeiNode {
    const node = this.kube.live(seiNodes.kind, { namespace: "sei", name });
    assert.ok(node, `SeiNode ${name} is gone`);
    return node as SeiNode;
  }

  nodes(): SeiNode[] {
    return Array.from({ length: 100 }, (_, i) =>
      this.kube.live(seiNodes.kind, { namespace: "sei", name: `rpc-${i}` }),
    ).filter((node) => node !== undefined) as SeiNode[];
  }

  images(): string[] {
    return this.nodes().map(({ spec }) => spec.image);
  }

  /** `type:status` of each task of the plan. */
  tasks(): string[] {
    return this.status().plan?.tasks.map((task) => `${task.type}:${task.status}`) ?? [];
  }

  eventReasons(): string[] {
    return this.events.map((event) => event.slice(0, event.indexOf(":")));
  }

  readonly #log: Logger = {
    debug() {},
    info() {},
    warn: (_facts: object, text: string) => void this.warnings.push(text),
    error() {},
    child: () => this.#log,
  };

  #bumped(node: SeiNode): SeiNode["metadata"] {
    return { ...node.metadata, resourceVersion: this.kube.nextVersion() };
  }

  #heard(): SeiNodeDeploymentMetrics {
    const hear =
      (name: string) =>
      (...args: readonly unknown[]) => {
        this.metrics.push([name, ...args].join(" "));
      };
    return {
      phase: hear("phase"),
      phaseTransition: hear("phaseTransition"),
      replicas: hear("replicas"),
      planActive: hear("planActive"),
      planDuration: hear("planDuration"),
      reconcileError: hear("reconcileError"),
      forget: hear("forget"),
    };
  }
}

export function conditionOf(
  type: string,
  status: Condition["status"],
  reason: string,
  generation: number,
): Condition {
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  return { type, status, reason, message: "", lastTransitionTime, observedGeneration: generation };
}

function readyStatus(node: SeiNode): SeiNodeStatus {
  const { generation = 1 } = node.metadata;
  return {
    phase: "Running",
    observedGeneration: generation,
    currentImage: node.spec.image,
    currentSidecarImage: node.spec.sidecar?.image ?? groupSettings.sidecarImage,
    statefulSet: { name: node.metadata.name, uid: `sts-${node.metadata.name}` },
    conditions: [
      conditionOf("Ready", "True", "Ready", generation),
      conditionOf("SidecarReady", "True", "Ready", generation),
    ],
  };
}

function isReadyOn(node: SeiNode): boolean {
  return isDeepStrictEqual(node.status, readyStatus(node));
}

function podOf(node: string): Pod {
  const container = (name: string) => ({
    name,
    image: "x",
    imageID: "x",
    ready: true,
    restartCount: 0,
    state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${node}-0`,
      namespace: "sei",
      uid: `pod-${node}`,
      resourceVersion: "1",
      labels: { "sei.io/node": node },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "StatefulSet", name: node, uid: `sts-${node}`, controller: true },
      ],
    },
    spec: { containers: [] },
    status: { initContainerStatuses: [container("sei-sidecar"), container("kube-rbac-proxy")] },
  } as Pod;
}
