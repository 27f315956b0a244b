import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock, type Random } from "#clock";
import { unlessAborted } from "./abort.ts";
import { ApiError } from "./errors.ts";
import { createEventRecorder, type RunningEventRecorder } from "./event-recorder.ts";
import type { Logger } from "./reconcile.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const random: Random = { next: () => 0, uuid: () => "" };

interface StoredEvent {
  metadata: { name: string; namespace: string };
  involvedObject: Record<string, unknown>;
  message: string;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  [field: string]: unknown;
}

function node(name: string, namespace: string | undefined = "sei") {
  const metadata = { name, uid: `uid-${name}`, ...(namespace === undefined ? {} : { namespace }) };
  return { apiVersion: "sei.io/v1alpha1", kind: "SeiNode", metadata };
}

/** Keeps events as the API server does. */
class EventStore {
  readonly clock = new ManualClock();
  readonly events = new Map<string, StoredEvent>();
  requests = 0;
  /** Errors for the next requests, in order. */
  failures: unknown[] = [];
  /** Creates are carried out, but their answers get lost. */
  losesAnswers = false;
  /** Creates wait for it, or for their signal. */
  held: Promise<void> | undefined;
  readonly stop = new AbortController();
  readonly recorder: RunningEventRecorder;
  readonly running: Promise<void>;

  constructor() {
    this.recorder = createEventRecorder({
      clock: this.clock,
      random,
      log: quiet,
      component: "seinode-controller",
      client: {
        create: async (_resource, object, signal) => {
          this.#request();
          if (this.held !== undefined && signal !== undefined) await unlessAborted(this.held, signal);
          const event = object as unknown as StoredEvent;
          const { name } = event.metadata;
          if (this.events.has(name)) throw new ApiError("exists", { class: "alreadyExists", status: 409 });
          this.events.set(name, structuredClone(event));
          if (this.losesAnswers) throw new ApiError("no answer", { class: "transient" });
          return object as never;
        },
        mergePatch: async (_resource, key, patch) => {
          this.#request();
          const event = this.events.get(key.name);
          if (event === undefined) throw new ApiError("gone", { class: "notFound", status: 404 });
          Object.assign(event, patch);
          return event as never;
        },
      },
    });
    this.running = this.recorder.run(this.stop.signal);
  }

  #request(): void {
    this.requests++;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }

  get list(): StoredEvent[] {
    return [...this.events.values()];
  }

  async end(): Promise<void> {
    this.stop.abort();
    await this.clock.advance(0);
    await this.running;
    assert.equal(this.clock.pending, 0);
  }
}

describe("createEventRecorder", () => {
  it("creates a core/v1 Event about the object, with its component as source", async () => {
    const store = new EventStore();
    store.recorder.event(node("a"), "Normal", "PhaseTransition", "Pending -> Running");
    await store.clock.advance(0);
    const [event] = store.list;
    assert.ok(event !== undefined);
    const { name } = event.metadata;
    assert.match(name, /^a\.[0-9a-f]+$/);
    assert.deepEqual(event, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace: "sei" },
      involvedObject: {
        apiVersion: "sei.io/v1alpha1",
        kind: "SeiNode",
        name: "a",
        namespace: "sei",
        uid: "uid-a",
      },
      type: "Normal",
      reason: "PhaseTransition",
      message: "Pending -> Running",
      source: { component: "seinode-controller" },
      reportingComponent: "seinode-controller",
      reportingInstance: "",
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
      count: 1,
    });
    await store.end();
  });

  it("counts a repeat up on the event that exists", async () => {
    const store = new EventStore();
    for (let i = 0; i < 3; i++) {
      store.recorder.event(node("a"), "Warning", "NodeFailed", "delete it");
      await store.clock.advance(60_000);
    }
    assert.equal(store.list.length, 1);
    assert.equal(store.list[0]?.count, 3);
    assert.equal(store.list[0]?.firstTimestamp, "2026-01-01T00:00:00Z");
    assert.equal(store.list[0]?.lastTimestamp, "2026-01-01T00:02:00Z");
    await store.end();
  });

  it("does not mix objects, types, reasons, messages, or a namesake with another uid", async () => {
    const store = new EventStore();
    store.recorder.event(node("a"), "Warning", "R", "m");
    store.recorder.event(node("b"), "Warning", "R", "m");
    store.recorder.event(node("a", "other"), "Warning", "R", "m");
    store.recorder.event(node("a"), "Normal", "R", "m");
    store.recorder.event(node("a"), "Warning", "S", "m");
    store.recorder.event(node("a"), "Warning", "R", "n");
    store.recorder.event(
      { ...node("a"), metadata: { ...node("a").metadata, uid: "new" } },
      "Warning",
      "R",
      "m",
    );
    await store.clock.advance(0);
    assert.deepEqual(
      store.list.map(({ count }) => count),
      [1, 1, 1, 1, 1, 1, 1],
    );
    await store.end();
  });

  it("starts a new event, with the count going on, when the old one has expired", async () => {
    const store = new EventStore();
    store.recorder.event(node("a"), "Warning", "R", "m");
    await store.clock.advance(0);
    store.events.clear();
    store.recorder.event(node("a"), "Warning", "R", "m");
    await store.clock.advance(0);
    assert.equal(store.list.length, 1);
    assert.equal(store.list[0]?.count, 2);
    await store.end();
  });

  it("combines messages that differ each time, from the eleventh on", async () => {
    const store = new EventStore();
    for (let i = 0; i < 20; i++) store.recorder.event(node("a"), "Warning", "R", `attempt ${i}`);
    await store.clock.advance(0);
    assert.equal(store.list.length, 11);
    const combined = store.list.filter(({ message }) =>
      message.startsWith("(combined from similar events): "),
    );
    assert.equal(combined.length, 1);
    assert.equal(combined[0]?.message, "(combined from similar events): attempt 19");
    assert.equal(combined[0]?.count, 10);
    await store.end();
  });

  it("does not let many events of one reason silence another reason about the same object", async () => {
    const store = new EventStore();
    for (let i = 0; i < 100; i++)
      store.recorder.event(node("a"), "Normal", "SeiNodeCreated", `created a-${i}`);
    await store.clock.advance(0);
    store.recorder.event(node("a"), "Normal", "RolloutStarted", "m");
    await store.clock.advance(0);
    assert.ok(store.list.some(({ reason }) => reason === "RolloutStarted"));
    await store.end();
  });

  it("sends at most 25 of a reason about one object, then one in five minutes, and other objects are not affected", async () => {
    const store = new EventStore();
    for (let i = 0; i < 100; i++) store.recorder.event(node("a"), "Warning", "R", "m");
    await store.clock.advance(0);
    assert.equal(store.requests, 25);
    store.recorder.event(node("b"), "Warning", "R", "m");
    await store.clock.advance(0);
    assert.equal(store.requests, 26);
    await store.clock.advance(5 * 60_000);
    store.recorder.event(node("a"), "Warning", "R", "m");
    store.recorder.event(node("a"), "Warning", "R", "m");
    await store.clock.advance(0);
    assert.equal(store.requests, 27);
    assert.equal(store.list.find(({ involvedObject }) => involvedObject.name === "a")?.count, 101);
    await store.end();
  });

  it("tries again after a transient failure, and neither throws nor stops at a lasting one", async () => {
    const store = new EventStore();
    store.failures = [
      new ApiError("503", { class: "transient" }),
      new ApiError("reset", { class: "transient" }),
    ];
    store.recorder.event(node("a"), "Normal", "R", "m");
    await store.clock.advance(10_000);
    assert.equal(store.list.length, 1);
    store.failures = [new ApiError("namespace is being terminated", { class: "forbidden", status: 403 })];
    store.recorder.event(node("b"), "Normal", "R", "m");
    store.recorder.event(node("c"), "Normal", "R", "m");
    await store.clock.advance(10_000);
    assert.deepEqual(
      store.list.map(({ involvedObject }) => involvedObject.name),
      ["a", "c"],
    );
    await store.end();
  });

  it("creates an event whose answer was lost once only, and counts its repeats up", async () => {
    const store = new EventStore();
    store.losesAnswers = true;
    store.recorder.event(node("a"), "Normal", "R", "m");
    await store.clock.advance(10_000);
    assert.equal(store.requests, 2);
    store.losesAnswers = false;
    store.recorder.event(node("a"), "Normal", "R", "m");
    await store.clock.advance(0);
    assert.deepEqual(
      store.list.map(({ count }) => count),
      [2],
    );
    await store.end();
  });

  it("takes another name when somebody else's event has the first one", async () => {
    const store = new EventStore();
    store.failures = [new ApiError("exists", { class: "alreadyExists", status: 409 })];
    store.recorder.event(node("a"), "Normal", "R", "m");
    await store.clock.advance(10_000);
    assert.equal(store.list.length, 1);
    await store.end();
  });

  it("drops what the closed fence refuses, without a retry", async () => {
    const store = new EventStore();
    store.failures = [new ApiError("closed", { class: "fenced" })];
    store.recorder.event(node("a"), "Normal", "R", "m");
    await store.clock.advance(60_000);
    assert.equal(store.requests, 1);
    assert.equal(store.list.length, 0);
    await store.end();
  });

  it("keeps at most a thousand waiting events while the API server hangs", async () => {
    const clock = new ManualClock();
    let requests = 0;
    const recorder = createEventRecorder({
      clock,
      random,
      log: quiet,
      component: "c",
      client: {
        create: () => {
          requests++;
          return Promise.reject(new ApiError("closed", { class: "fenced" }));
        },
        mergePatch: () => assert.fail("nothing to patch"),
      },
    });
    for (let i = 0; i < 5_000; i++) recorder.event(node(`n${i}`), "Normal", "R", "m");
    const stop = new AbortController();
    stop.abort();
    await recorder.run(stop.signal);
    assert.equal(requests, 1_000);
  });

  it("sends what is waiting when it is stopped, and takes nothing after that", async () => {
    const store = new EventStore();
    await store.clock.advance(0);
    store.recorder.event(node("a"), "Normal", "R", "m");
    await store.end();
    assert.equal(store.list.length, 1);
    store.recorder.event(node("b"), "Normal", "R", "m");
    await store.clock.advance(0);
    assert.equal(store.list.length, 1);
  });

  it("finishes what it is sending when it is stopped, and loses nothing of what waits behind it", async () => {
    const store = new EventStore();
    const gate = Promise.withResolvers<void>();
    store.held = gate.promise;
    for (const name of ["a", "b", "c"]) store.recorder.event(node(name), "Normal", "R", "m");
    await store.clock.advance(0);
    store.stop.abort();
    await store.clock.advance(1_000);
    gate.resolve();
    await store.end();
    assert.deepEqual(
      store.list.map(({ involvedObject }) => involvedObject.name),
      ["a", "b", "c"],
    );
  });

  it("gives up what it is sending two seconds after the stop", async () => {
    const store = new EventStore();
    store.held = new Promise(() => {});
    store.recorder.event(node("a"), "Normal", "R", "m");
    await store.clock.advance(0);
    store.stop.abort();
    await store.clock.advance(2_000);
    await store.running;
    assert.equal(store.clock.pending, 0);
  });

  it("spends no more than two seconds on what is left when the API server is away", async () => {
    const store = new EventStore();
    await store.clock.advance(0);
    store.failures = Array.from({ length: 100 }, () => new ApiError("down", { class: "transient" }));
    store.recorder.event(node("a"), "Normal", "R", "m");
    store.stop.abort();
    await store.clock.advance(2_000);
    await store.running;
    assert.equal(store.clock.pending, 0);
  });

  it("cuts a message at 1024 bytes, between characters", async () => {
    const store = new EventStore();
    store.recorder.event(node("a"), "Normal", "R", "ä".repeat(2_000));
    await store.clock.advance(0);
    const message = store.list[0]?.message ?? "";
    assert.ok(Buffer.byteLength(message) <= 1_024);
    assert.match(message, /^ä+\.\.\.$/);
    await store.end();
  });

  it("names events of the longest object names validly, and cluster-scoped ones live in default", async () => {
    const store = new EventStore();
    store.recorder.event(node(`${"a".repeat(236)}.${"b".repeat(16)}`), "Normal", "R", "m");
    const { namespace: _, ...metadata } = node("c").metadata;
    store.recorder.event({ apiVersion: "v1", kind: "PersistentVolume", metadata }, "Normal", "R", "m");
    await store.clock.advance(0);
    const [long, cluster] = store.list;
    assert.ok((long?.metadata.name.length ?? 999) <= 253);
    assert.match(
      long?.metadata.name ?? "",
      /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    );
    assert.equal(cluster?.metadata.namespace, "default");
    assert.equal("namespace" in (JSON.parse(JSON.stringify(cluster?.involvedObject)) as object), false);
    await store.end();
  });
});
