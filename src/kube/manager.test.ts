import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock } from "#clock";
import type { Elector } from "./elector.ts";
import { createFence, createOpenFence, type Fence, instantOf } from "./fence.ts";
import type { HttpEndpoint } from "./http-endpoints.ts";
import { createManager, type ManagedCache, type Manager, type Runnable } from "./manager.ts";
import type { Logger } from "./reconcile.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

/** A manager of fakes that write down what happens to them, in order. */
class Rig {
  readonly clock = new ManualClock();
  readonly story: string[] = [];
  readonly stop = new AbortController();
  readonly fence: Fence;
  readonly manager: Manager;
  readonly sync: Record<string, () => void> = {};
  /** By name: ends or fails that part. */
  readonly ends: Record<string, PromiseWithResolvers<void>> = {};
  /** How long a part takes to end after it was told to. */
  readonly lingers: Record<string, number> = {};
  readonly lease = Promise.withResolvers<void>();
  readonly electionEnds = Promise.withResolvers<"lost" | "released">();

  constructor({ election = true, bindError }: { election?: boolean; bindError?: Error } = {}) {
    this.fence = election ? createFence(this.clock, 10_000) : createOpenFence();
    this.manager = createManager({
      clock: this.clock,
      log: quiet,
      fence: this.fence,
      ...(election ? { elector: this.#elector() } : {}),
      endpoints: [this.#endpoint(bindError)],
      caches: [this.#cache("pods"), this.#cache("seinodes")],
      controllers: [this.#part("controller")],
      services: [this.#part("recorder")],
      graceMs: 5_000,
    });
  }

  #tell(what: string): void {
    this.story.push(what);
  }

  #endpoint(bindError?: Error): HttpEndpoint {
    return {
      name: "probes",
      listen: async () => {
        if (bindError !== undefined) throw bindError;
        this.#tell("listen");
        return 1;
      },
      close: async () => this.#tell("close"),
    };
  }

  #part(name: string): Runnable {
    const end = Promise.withResolvers<void>();
    this.ends[name] = end;
    return {
      name,
      start: async (signal) => {
        this.#tell(`${name} starts`);
        const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        await Promise.race([stopped, end.promise]);
        const linger = this.lingers[name];
        if (linger !== undefined) await this.clock.sleep(linger);
        this.#tell(`${name} ends`);
      },
    };
  }

  #cache(plural: string): ManagedCache {
    const part = this.#part(plural);
    const synced = Promise.withResolvers<void>();
    const cache = { resource: { plural }, hasSynced: false, start: part.start, synced: () => synced.promise };
    this.sync[plural] = () => {
      cache.hasSynced = true;
      synced.resolve();
    };
    return cache;
  }

  #elector(): Elector {
    return {
      acquired: this.lease.promise,
      run: async (signal) => {
        this.#tell("election starts");
        const stopped = new Promise<"released">((resolve) =>
          signal.addEventListener("abort", () => resolve("released")),
        );
        const end = await Promise.race([stopped, this.electionEnds.promise]);
        this.fence.close(end);
        this.#tell(`election ends: ${end}`);
        return end;
      },
    };
  }

  async acquire(): Promise<void> {
    this.fence.renewed(instantOf(this.clock));
    this.lease.resolve();
    await this.clock.advance(0);
  }

  /** Runs it up to leading. The exit code is a property, for an async function would wait for it. */
  async lead(): Promise<{ readonly exitCode: Promise<0 | 1> }> {
    const exitCode = this.manager.run(this.stop.signal);
    await this.clock.advance(0);
    this.syncAll();
    await this.clock.advance(0);
    await this.acquire();
    assert.equal(this.manager.phase, "leading");
    this.story.length = 0;
    return { exitCode };
  }

  syncAll(): void {
    for (const sync of Object.values(this.sync)) sync();
  }
}

describe("the manager", () => {
  it("starts servers, then caches, waits for all of them, then for the lease, and only then starts controllers", async () => {
    const rig = new Rig();
    const running = rig.manager.run(rig.stop.signal);
    await rig.clock.advance(0);
    assert.equal(rig.manager.phase, "syncing");
    assert.equal(rig.manager.notReady(), "caches not in sync: pods, seinodes");
    rig.sync.pods?.();
    await rig.clock.advance(0);
    assert.equal(rig.manager.notReady(), "caches not in sync: seinodes");
    assert.deepEqual(rig.story, ["listen", "recorder starts", "pods starts", "seinodes starts"]);
    rig.sync.seinodes?.();
    await rig.clock.advance(0);
    assert.equal(rig.manager.phase, "standby");
    assert.equal(rig.manager.notReady(), undefined, "a follower is ready");
    assert.equal(rig.story.at(-1), "election starts");
    await rig.acquire();
    assert.equal(rig.manager.phase, "leading");
    assert.equal(rig.story.at(-1), "controller starts");
    rig.stop.abort();
    await rig.clock.advance(0);
    assert.equal(await running, 0);
  });

  it("stops in order: controllers, events, lease, caches, servers", async () => {
    const rig = new Rig();
    const { exitCode } = await rig.lead();
    rig.stop.abort();
    await rig.clock.advance(0);
    assert.equal(await exitCode, 0);
    assert.deepEqual(rig.story, [
      "controller ends",
      "recorder ends",
      "election ends: released",
      "pods ends",
      "seinodes ends",
      "close",
    ]);
    assert.equal(rig.manager.phase, "stopped");
    assert.equal(rig.manager.notReady(), "shutting down");
    assert.equal(rig.clock.pending, 0);
  });

  it("waits for running reconciles before it gives up the lease, but no longer than the grace period", async () => {
    for (const [lingers, order] of [
      [4_000, ["controller ends", "recorder ends", "election ends: released"]],
      [60_000, ["recorder ends", "election ends: released", "pods ends"]],
    ] as const) {
      const rig = new Rig();
      const { exitCode } = await rig.lead();
      rig.lingers.controller = lingers;
      rig.stop.abort();
      await rig.clock.advance(3_999);
      assert.deepEqual(rig.story, [], "still draining, lease still held");
      assert.equal(rig.fence.isOpen, true);
      await rig.clock.advance(1_001);
      assert.deepEqual(rig.story.slice(0, 3), order);
      assert.equal(await exitCode, 0);
      assert.equal(rig.fence.isOpen, false);
    }
  });

  it("can be stopped while caches fill, and while it waits for the lease", async () => {
    for (const synced of [false, true]) {
      const rig = new Rig();
      const running = rig.manager.run(rig.stop.signal);
      await rig.clock.advance(0);
      if (synced) {
        rig.syncAll();
        await rig.clock.advance(0);
      }
      rig.stop.abort();
      await rig.clock.advance(0);
      assert.equal(await running, 0);
      assert.ok(!rig.story.includes("controller starts"));
      assert.equal(rig.clock.pending, 0);
    }
  });

  it("exits 1 when the lease is lost, without waiting for the grace period", async () => {
    const rig = new Rig();
    const { exitCode } = await rig.lead();
    rig.lingers.controller = 60_000;
    rig.electionEnds.resolve("lost");
    await rig.clock.advance(1_000);
    assert.equal(await exitCode, 1);
  });

  it("exits 1 when the fence closes by itself, even if the elector has not noticed", async () => {
    const rig = new Rig();
    const { exitCode } = await rig.lead();
    await rig.clock.advance(10_000);
    assert.equal(await exitCode, 1);
  });

  for (const part of ["controller", "recorder", "pods"]) {
    it(`exits 1 when ${part} fails, and when it ends by itself`, async () => {
      for (const fails of [true, false]) {
        const rig = new Rig();
        const { exitCode } = await rig.lead();
        const end = rig.ends[part];
        if (fails) end?.reject(new Error("broken"));
        else end?.resolve();
        await rig.clock.advance(2_000);
        assert.equal(await exitCode, 1);
        assert.ok(rig.story.includes("election ends: released"), "the lease is given up all the same");
      }
    });
  }

  it("exits 1 when a server cannot listen, having started nothing else", async () => {
    const rig = new Rig({ bindError: new Error("port in use") });
    assert.equal(await rig.manager.run(rig.stop.signal), 1);
    assert.deepEqual(rig.story, ["close"]);
  });

  it("leads at once without election, and closes the fence when it stops", async () => {
    const rig = new Rig({ election: false });
    const running = rig.manager.run(rig.stop.signal);
    await rig.clock.advance(0);
    rig.syncAll();
    await rig.clock.advance(0);
    assert.equal(rig.manager.phase, "leading");
    rig.stop.abort();
    await rig.clock.advance(0);
    assert.equal(await running, 0);
    assert.equal(rig.fence.isOpen, false);
  });
});
