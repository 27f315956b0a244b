import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock, type Random } from "#clock";
import type { Reader, Writer } from "./client.ts";
import { createElector, type Elector } from "./elector.ts";
import { ApiError } from "./errors.ts";
import { createFence, type Fence } from "./fence.ts";
import { holderOf, type LeaseRecord } from "./lease.ts";
import { MemoryLog } from "./testing/objects.ts";
import { ServerLease } from "./testing/scripted-lease.ts";

const random: Random = { next: () => 0.5, uuid: () => "00000000-0000-4000-8000-000000000000" };

/** The API server as one elector reaches it. */
class Link {
  readonly server: ServerLease;
  readonly clock: ManualClock;
  /** What becomes of requests from now on. */
  mode: "works" | "down" | "hangs" | "answersGetLost" = "works";
  latencyMs = 0;
  calls: string[] = [];

  constructor(server: ServerLease, clock: ManualClock) {
    this.server = server;
    this.clock = clock;
  }

  get client(): Reader & Writer {
    const refuse = (): never => assert.fail("not a call of an elector");
    return {
      get: async (_resource, key, signal) => {
        const answer = await this.#call("get", () => this.server.serve({ do: "read" }), signal);
        if (answer === "refused" || answer.lease === undefined) {
          throw new ApiError(`no lease ${key.name}`, { class: "notFound", status: 404 });
        }
        return answer.lease as never;
      },
      create: async (_resource, object, signal) => {
        const record = (object as unknown as { spec: LeaseRecord }).spec;
        return this.#write("create", () => this.server.serve({ do: "create", record }), signal) as never;
      },
      mergePatch: async (_resource, _key, patch, _options, signal) => {
        const { metadata, spec } = patch as { metadata: { resourceVersion: string }; spec: LeaseRecord };
        const { resourceVersion } = metadata;
        return this.#write(
          "patch",
          () => this.server.serve({ do: "patch", record: spec, resourceVersion }),
          signal,
        ) as never;
      },
      list: refuse,
      jsonPatch: refuse,
      apply: refuse,
      delete: refuse,
    };
  }

  async #write(name: string, serve: () => ReturnType<ServerLease["serve"]>, signal?: AbortSignal) {
    const answer = await this.#call(name, serve, signal);
    if (answer === "refused") throw new ApiError("changed meanwhile", { class: "conflict", status: 409 });
    return answer.lease;
  }

  async #call<T>(name: string, serve: () => T, signal?: AbortSignal): Promise<T> {
    this.calls.push(name);
    if (this.mode === "hangs") await this.clock.sleep(1e9, signal);
    if (this.mode === "down") throw new ApiError("connection refused", { class: "transient" });
    const answer = serve();
    if (this.latencyMs > 0) await this.clock.sleep(this.latencyMs, signal);
    if (this.mode === "answersGetLost") throw new ApiError("connection reset", { class: "transient" });
    return answer;
  }
}

interface Contender {
  readonly link: Link;
  readonly fence: Fence;
  readonly elector: Elector;
  readonly stop: AbortController;
  readonly end: Promise<"lost" | "released">;
  readonly leading: boolean[];
  readonly log: MemoryLog;
}

function contend(identity: string, server: ServerLease, clock: ManualClock): Contender {
  const link = new Link(server, clock);
  const fence = createFence(clock, 10_000);
  const leading: boolean[] = [];
  const log = new MemoryLog();
  const elector = createElector({
    client: link.client,
    fence,
    clock,
    random,
    log,
    lease: { namespace: "n", name: "l" },
    identity,
    onLeading: (now) => void leading.push(now),
  });
  const stop = new AbortController();
  return { link, fence, elector, stop, leading, log, end: elector.run(stop.signal) };
}

const holder = (server: ServerLease): string | undefined =>
  server.lease === undefined ? undefined : holderOf(server.lease);

describe("createElector", () => {
  it("acquires an unclaimed lease, opens the fence and keeps renewing every two seconds", async () => {
    const clock = new ManualClock();
    const server = new ServerLease();
    const a = contend("a", server, clock);
    await clock.advance(0);
    assert.equal(holder(server), "a");
    a.fence.assertOpen();
    assert.deepEqual(a.leading, [true]);
    await clock.advance(60_000);
    assert.equal(a.fence.isOpen, true);
    assert.equal(a.link.calls.filter((call) => call === "patch").length, 30);
    assert.equal(server.lease?.spec?.renewTime, "2026-01-01T00:01:00.000000Z");
    a.stop.abort();
    await clock.advance(0);
    assert.equal(await a.end, "released");
  });

  it("closes the fence before it releases, and leaves a record the next one takes at once", async () => {
    const clock = new ManualClock();
    const server = new ServerLease();
    const a = contend("a", server, clock);
    await clock.advance(0);
    const openAtRelease: boolean[] = [];
    const serve = server.serve.bind(server);
    server.serve = (action) => {
      if (action.do === "patch" && action.record.holderIdentity === "") openAtRelease.push(a.fence.isOpen);
      return serve(action);
    };
    a.stop.abort();
    await clock.advance(0);
    assert.equal(await a.end, "released");
    assert.deepEqual(openAtRelease, [false]);
    assert.equal(holder(server), undefined);
    assert.equal(server.lease?.spec?.leaseDurationSeconds, 1);
    assert.deepEqual(a.leading, [true, false]);
    const b = contend("b", server, clock);
    await clock.advance(0);
    assert.equal(holder(server), "b");
    assert.equal(b.fence.isOpen, true);
    b.stop.abort();
    await clock.advance(0);
    assert.equal(clock.pending, 0);
  });

  it("loses by silence: the fence closes after ten seconds, the follower leads no earlier than fifteen", async () => {
    const clock = new ManualClock();
    const server = new ServerLease();
    const a = contend("a", server, clock);
    await clock.advance(0);
    const b = contend("b", server, clock);
    await clock.advance(20_000);
    const lastRenew = clock.monotonic();
    a.link.mode = "down";
    const closed: number[] = [];
    a.fence.signal.addEventListener("abort", () => closed.push(clock.monotonic()));
    for (let i = 0; i < 240 && !b.fence.isOpen; i++) {
      await clock.advance(100);
      assert.ok(!(a.fence.isOpen && b.fence.isOpen));
    }
    assert.equal(await a.end, "lost");
    assert.ok(closed[0] !== undefined && closed[0] <= lastRenew + 10_000);
    assert.equal(holder(server), "b");
    assert.ok(clock.monotonic() >= lastRenew + 15_000 - 2_000);
    b.stop.abort();
    await clock.advance(0);
    assert.equal(clock.pending, 0);
  });

  it("does not hang with a call that gets no answer", async () => {
    const clock = new ManualClock();
    const server = new ServerLease();
    const a = contend("a", server, clock);
    await clock.advance(0);
    a.link.mode = "hangs";
    await clock.advance(16_000);
    assert.equal(await a.end, "lost");
    assert.equal(a.fence.isOpen, false);
    assert.equal(clock.pending, 0);
  });

  it("survives one renew that hangs, because no single call may use up the deadline", async () => {
    const clock = new ManualClock();
    const server = new ServerLease();
    const a = contend("a", server, clock);
    await clock.advance(1_000);
    a.link.mode = "hangs";
    await clock.advance(3_000);
    a.link.mode = "works";
    await clock.advance(10_000);
    assert.equal(a.fence.isOpen, true);
    a.stop.abort();
    await clock.advance(0);
    await a.end;
  });

  it("goes on when its renewals land but their answers are lost for a while", async () => {
    const clock = new ManualClock();
    const server = new ServerLease();
    const a = contend("a", server, clock);
    await clock.advance(0);
    a.link.mode = "answersGetLost";
    await clock.advance(5_000);
    a.link.mode = "works";
    await clock.advance(5_000);
    assert.equal(a.fence.isOpen, true);
    a.stop.abort();
    await clock.advance(0);
    assert.equal(await a.end, "released");
  });

  it("loses by conflict when another identity is in the Lease", async () => {
    const clock = new ManualClock();
    const server = new ServerLease();
    const a = contend("a", server, clock);
    await clock.advance(0);
    const spec = { ...server.lease?.spec, holderIdentity: "usurper" } as LeaseRecord;
    server.serve({
      do: "patch",
      record: spec,
      resourceVersion: server.lease?.metadata.resourceVersion ?? "",
    });
    await clock.advance(2_000);
    assert.equal(await a.end, "lost");
    assert.match(a.fence.closedBecause ?? "", /taken over by usurper/);
    assert.equal(holder(server), "usurper", "what is not ours is not released");
  });

  it("releases a lease it got with an answer that came only after the stop", async () => {
    const clock = new ManualClock();
    const server = new ServerLease();
    const a = contend("a", server, clock);
    a.link.latencyMs = 500;
    await clock.advance(0);
    await clock.advance(600);
    a.stop.abort();
    await clock.advance(5_000);
    assert.equal(await a.end, "released");
    assert.equal(holder(server), undefined);
    assert.equal(clock.pending, 0);
  });

  it("ends at once when stopped as a follower, and does not touch the Lease", async () => {
    const clock = new ManualClock();
    const server = new ServerLease();
    const a = contend("a", server, clock);
    await clock.advance(0);
    const b = contend("b", server, clock);
    await clock.advance(3_000);
    b.stop.abort();
    await clock.advance(0);
    assert.equal(await b.end, "released");
    assert.equal(holder(server), "a");
    assert.deepEqual(b.leading, []);
    a.stop.abort();
    await clock.advance(0);
    await a.end;
  });

  it("gives up the release when the API server is away, within seconds", async () => {
    const clock = new ManualClock();
    const server = new ServerLease();
    const a = contend("a", server, clock);
    await clock.advance(0);
    a.link.mode = "hangs";
    a.stop.abort();
    await clock.advance(4_000);
    assert.equal(await a.end, "released");
    assert.equal(holder(server), "a", "it runs out by itself");
    assert.equal(a.fence.isOpen, false);
    const told = a.log.lines.map(({ message }) => message);
    assert.ok(told.includes("could not give up the lease, it has to run out"));
    assert.equal(told.includes("gave up the lease"), false);
  });
});
