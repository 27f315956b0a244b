/**
 * The promise of the overlay, tested through the whole of client, informer and reflector against a model server: after our
 * own write was answered, and after its answer was lost, no read shows an older state. Times and orders are random.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ManualClock, type Random } from "#clock";
import { createCachedClient, type WritableRest } from "./cached-client.ts";
import { ApiError } from "./errors.ts";
import { createInformer } from "./informer.ts";
import { type ConfigMap, configMaps } from "./resources.ts";
import { labelIndex } from "./store.ts";
import { type DeleteAnswer, ModelServer } from "./testing/model-server.ts";
import { ScriptedListWatch } from "./testing/scripted-list-watch.ts";

const random: Random = { next: () => 0, uuid: () => "id" };
const names = ["a", "b"] as const;
type Name = (typeof names)[number];

type Write = "create" | "createHeld" | "touch" | "delete" | "unfinalize" | "leave" | "return";
type Fate = "answered" | "late" | "lostDone" | "lostNotDone";
type Step =
  | { do: "own"; write: Write; name: Name; fate: Fate }
  | { do: "other"; write: Write; name: Name }
  | { do: "deliver"; count: number }
  | { do: "bookmark" | "break" | "finishList" | "lateAnswer" | "list" }
  | { do: "get"; name: Name };

const write = fc.constantFrom<Write>(
  "create",
  "createHeld",
  "touch",
  "touch",
  "delete",
  "delete",
  "unfinalize",
  "leave",
  "return",
);
const name = fc.constantFrom(...names);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("own" as const),
      write,
      name,
      fate: fc.constantFrom<Fate>("answered", "answered", "late", "lostDone", "lostNotDone"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("other" as const), write, name }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("deliver" as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "bookmark" as const,
        "break" as const,
        "finishList" as const,
        "lateAnswer" as const,
        "list" as const,
      ),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("get" as const), name }) },
);

class Run {
  readonly clock = new ManualClock();
  readonly server: ModelServer;
  readonly api = new ScriptedListWatch();
  readonly stop = new AbortController();
  readonly informer = createInformer(this.api, configMaps, {
    clock: this.clock,
    random,
    labelSelector: "app",
    indexes: labelIndex("app"),
  });
  fate: Fate = "answered";
  readonly #late: (() => void)[] = [];
  /** Oldest version of the view that may still be shown, by name. */
  readonly floor: Record<Name, number> = { a: 0, b: 0 };
  #delivered = 0;
  #snapshot: { objects: ConfigMap[]; version: number; events: number } | undefined;
  #breaks = 0;

  readonly client = createCachedClient(
    {
      get: async (_resource: unknown, key: { name: string; namespace?: string }) => this.server.get(key),
      create: (_resource: unknown, object: ConfigMap) =>
        this.#send(() => this.server.create(object.metadata.name, object.metadata.finalizers)),
      mergePatch: (_resource: unknown, key: { name: string }, patch: { do: Write }) =>
        this.#send(() => this.perform(patch.do, key.name) as ConfigMap),
      deleteForAnswer: (_resource: unknown, key: { name: string }) =>
        this.#send(() => this.server.delete(key.name)),
    } as unknown as WritableRest,
    [this.informer],
  );

  constructor(deleteAnswer: DeleteAnswer) {
    this.server = new ModelServer(deleteAnswer);
  }

  perform(what: Write, of: string): object {
    switch (what) {
      case "create":
        return this.server.create(of);
      case "createHeld":
        return this.server.create(of, ["hold"]);
      case "touch":
        return this.server.touch(of);
      case "delete":
        return this.server.delete(of);
      case "unfinalize":
        return this.server.unfinalize(of);
      case "leave":
        return this.server.relabel(of, false);
      case "return":
        return this.server.relabel(of, true);
    }
  }

  async #send<T>(act: () => T): Promise<T> {
    const { fate } = this;
    if (fate === "lostNotDone") throw new ApiError("reset", { class: "transient" });
    const answer = act();
    if (fate === "lostDone") throw new ApiError("reset", { class: "transient" });
    if (fate === "late") await new Promise<void>((resolve) => this.#late.push(resolve));
    return answer;
  }

  async own({ write: what, name: of, fate }: Step & { do: "own" }): Promise<void> {
    this.fate = fate;
    const key = { namespace: "ns", name: of };
    const finalizers = what === "createHeld" ? ["hold"] : [];
    const manifest = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...key, labels: { app: "x" }, finalizers },
    };
    let doneAt = -1;
    const sent = (promise: Promise<unknown>) => {
      doneAt = this.server.version;
      return promise.then(
        () => this.#raise(of, doneAt),
        (error: unknown) => {
          if (error instanceof ApiError && error.class === "transient") this.#raise(of, doneAt);
        },
      );
    };
    const settled =
      what === "create" || what === "createHeld"
        ? sent(this.client.create(configMaps, manifest))
        : what === "delete"
          ? sent(this.client.delete(configMaps, key))
          : sent(this.client.mergePatch(configMaps, key, { do: what }));
    if (fate !== "late") await settled;
  }

  #raise(of: Name, version: number): void {
    this.floor[of] = Math.max(this.floor[of], version);
  }

  lateAnswer(): void {
    this.#late.shift()?.();
  }

  deliver(count: number): void {
    if (this.#snapshot !== undefined) return;
    for (const { type, object } of this.server.events.slice(this.#delivered, this.#delivered + count)) {
      this.api.open.send(type, structuredClone(object));
      this.#delivered++;
    }
  }

  bookmark(): void {
    const last = this.server.events[this.#delivered - 1];
    if (this.#snapshot === undefined && last !== undefined)
      this.api.open.bookmark(last.object.metadata.resourceVersion);
  }

  async break(): Promise<void> {
    // A few only: more would take so long that marks without a version are rightly taken for settled.
    if (this.#snapshot !== undefined || this.#breaks++ >= 4) return;
    const asked = this.api.watches.length;
    this.api.open.fail(new ApiError("gone", { class: "expired" }));
    while (this.api.watches.length === asked) await this.clock.advance(50);
    this.beginList();
  }

  beginList(): void {
    const { version, events } = this.server;
    this.#snapshot = {
      objects: this.server.list().map((object) => structuredClone(object)),
      version,
      events: events.length,
    };
  }

  finishList(): void {
    if (this.#snapshot === undefined) return;
    const { objects, version, events } = this.#snapshot;
    this.#snapshot = undefined;
    this.#delivered = events;
    for (const object of objects) this.api.open.send("ADDED", object);
    this.api.open.initialEventsEnd(String(version));
  }

  /** The state shown must be one the view had at or after the floor; what was seen once is the new floor. */
  check(of: Name, shown: string): void {
    const views = this.server.views(of);
    const floor = this.floor[of];
    const allowed = views.filter(
      (_, index) => (views[index + 1]?.version ?? Number.POSITIVE_INFINITY) > floor,
    );
    const found = allowed.find(({ state }) => state === shown);
    assert.ok(
      found,
      `${of}: shown ${shown}, but since ${floor} only ${allowed.map(({ state }) => state).join(", ")}`,
    );
    this.floor[of] = Math.max(floor, found.version);
  }

  async get(of: Name): Promise<void> {
    let shown = "absent";
    try {
      shown = stateOf(await this.client.get(configMaps, { namespace: "ns", name: of }));
    } catch (error) {
      assert.ok(error instanceof ApiError && error.class === "notFound", String(error));
    }
    this.check(of, shown);
  }

  async list(): Promise<void> {
    const listed = await this.client.list(configMaps, { namespace: "ns", labels: { app: "x" } });
    for (const of of names) {
      const found = listed.filter((object) => object.metadata.name === of);
      assert.ok(found.length <= 1, `${of} is listed twice`);
      this.check(of, found[0] === undefined ? "absent" : stateOf(found[0]));
    }
    const indexed = this.informer.byIndex("label:app", "x");
    assert.deepEqual(indexed.map(stateOf).sort(), listed.map(stateOf).sort());
  }

  async perform1(taken: Step): Promise<void> {
    switch (taken.do) {
      case "own":
        return this.own(taken);
      case "other":
        try {
          this.perform(taken.write, taken.name);
        } catch {
          // There is nothing to change, or it exists already: then nothing happened.
        }
        return;
      case "deliver":
        return this.deliver(taken.count);
      case "get":
        return this.get(taken.name);
      case "bookmark":
      case "lateAnswer":
      case "finishList":
        return this[taken.do]();
      case "break":
      case "list":
        return this[taken.do]();
    }
  }
}

function stateOf(object: { metadata: { uid: string; resourceVersion: string } }): string {
  return `${object.metadata.uid}@${object.metadata.resourceVersion}`;
}

async function play(steps: readonly Step[], deleteAnswer: DeleteAnswer = "status"): Promise<Run> {
  const run = new Run(deleteAnswer);
  const running = run.informer.start(run.stop.signal);
  try {
    await run.clock.advance(0);
    run.beginList();
    run.finishList();
    await run.clock.advance(0);
    for (const taken of steps) {
      await run.perform1(taken);
      await run.clock.advance(0);
    }
    // The end: every answer arrives, the watch catches up, and cache and server agree with nothing laid over.
    for (let late = 0; late < steps.length; late++) run.lateAnswer();
    run.finishList();
    await run.clock.advance(0);
    run.deliver(Number.POSITIVE_INFINITY);
    await run.clock.advance(0);
    await run.list();
    await run.clock.advance(130_000);
    run.bookmark();
    run.api.open.bookmark(String(run.server.version + 1));
    await run.clock.advance(0);
    assert.deepEqual(run.informer.list().map(stateOf).sort(), run.server.list().map(stateOf).sort());
    assert.equal(run.informer.writes.size, 0, "nothing is kept");
    return run;
  } finally {
    run.stop.abort();
    await running;
  }
}

test("no read goes back behind an own write, whatever the order of answers, events, bookmarks and lists", async () => {
  const numRuns = Number(process.env.OVERLAY_RUNS ?? 300);
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.constantFrom<DeleteAnswer>("status", "before", "end"),
      async (steps, deleteAnswer) => void (await play(steps, deleteAnswer)),
    ),
    {
      numRuns,
    },
  );
});

const own = (what: Write, fate: Fate = "answered"): Step => ({ do: "own", write: what, name: "a", fate });
const get: Step = { do: "get", name: "a" };

const stories: Record<string, Step[]> = {
  "a created object is there before the watch shows it": [own("create"), get, { do: "list" }],
  "a deleted object is gone before the watch says so": [
    own("create"),
    { do: "deliver", count: 1 },
    own("delete"),
    get,
    { do: "list" },
  ],
  "a terminating object stays visible after our delete": [
    own("createHeld"),
    own("delete"),
    get,
    { do: "list" },
  ],
  "taking off the last finalizer of a terminating object removes it": [
    own("createHeld"),
    own("delete"),
    own("unfinalize"),
    get,
  ],
  "an object deleted and created again is the new one": [
    own("create"),
    own("delete"),
    own("create"),
    get,
    { do: "deliver", count: 1 },
    get,
    { do: "deliver", count: 1 },
    get,
  ],
  "events from before our write do not bring the old state back": [
    own("create"),
    { do: "other", write: "touch", name: "a" },
    own("touch"),
    { do: "deliver", count: 2 },
    get,
  ],
  "an object that our write took out of the selector is gone": [
    own("create"),
    { do: "deliver", count: 1 },
    own("leave"),
    get,
    { do: "list" },
  ],
  "after a lost answer the next read is live": [own("create"), own("touch", "lostDone"), get, { do: "list" }],
  "a create that never happened is not there": [own("create", "lostNotDone"), get, { do: "list" }],
  "an answer later than its event and the deletion after it is ignored": [
    own("create", "late"),
    { do: "deliver", count: 1 },
    { do: "other", write: "delete", name: "a" },
    { do: "deliver", count: 1 },
    { do: "lateAnswer" },
    get,
  ],
  "what a live read found gone does not come back with events from before it": [
    own("create"),
    { do: "deliver", count: 1 },
    { do: "other", write: "delete", name: "a" },
    { do: "other", write: "create", name: "a" },
    { do: "other", write: "delete", name: "a" },
    own("touch", "lostNotDone"),
    get,
    { do: "deliver", count: 1 },
    { do: "deliver", count: 1 },
    get,
    { do: "list" },
  ],
  "a list begun before the write does not hide it": [
    { do: "break" },
    own("create"),
    { do: "finishList" },
    get,
  ],
};

for (const [title, steps] of Object.entries(stories)) {
  test(title, async () => void (await play(steps)));
}
