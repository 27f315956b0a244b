/** Election against the Lease of a real API server, with short times. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { systemClock, systemRandom } from "#clock";
import { type ControlPlane, startControlPlane } from "#devcluster";
import { loadClusterConfig } from "./cluster-config.ts";
import { createElector, type Elector } from "./elector.ts";
import { ApiError } from "./errors.ts";
import { createFence, type Fence } from "./fence.ts";
import { holderOf, leases } from "./lease.ts";
import type { Logger } from "./reconcile.ts";
import type { RestClient } from "./rest-api.ts";
import { createRestClient } from "./rest-client.ts";

const timings = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 250 };
const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

let cluster: ControlPlane;
let client: RestClient;

before(async () => {
  cluster = await startControlPlane();
  const config = await loadClusterConfig({ kubeconfig: cluster.adminKubeconfig, env: {} });
  client = createRestClient(config, { clock: systemClock, random: systemRandom });
});
after(async () => {
  await client?.close();
  await cluster?.stop();
});

interface Contender {
  readonly elector: Elector;
  readonly fence: Fence;
  readonly stop: AbortController;
  readonly end: Promise<"lost" | "released">;
  /** From now on no request of it reaches the server. */
  cutOff(): void;
}

function contend(identity: string, name: string): Contender {
  let cut = false;
  const link = async <T>(call: () => Promise<T>): Promise<T> => {
    if (cut) throw new ApiError("cut off", { class: "transient" });
    return call();
  };
  const cuttable = {
    ...client,
    get: ((...args: Parameters<RestClient["get"]>) => link(() => client.get(...args))) as RestClient["get"],
    mergePatch: ((...args: Parameters<RestClient["mergePatch"]>) =>
      link(() => client.mergePatch(...args))) as RestClient["mergePatch"],
  };
  const fence = createFence(systemClock, timings.renewDeadlineMs);
  const elector = createElector({
    client: cuttable,
    fence,
    clock: systemClock,
    random: systemRandom,
    log: quiet,
    lease: { namespace: "default", name },
    identity,
    timings,
  });
  const stop = new AbortController();
  return {
    elector,
    fence,
    stop,
    end: elector.run(stop.signal),
    cutOff: () => {
      cut = true;
    },
  };
}

const read = (name: string) => client.get(leases, { namespace: "default", name });

test("a released lease goes to the waiting elector at once, in the format kubectl shows", async () => {
  const first = contend("first", "handover");
  await first.elector.acquired;
  assert.equal(holderOf(await read("handover")), "first");
  const second = contend("second", "handover");
  first.fence.assertOpen();
  assert.equal(second.fence.isOpen, false);
  first.stop.abort();
  assert.equal(await first.end, "released");
  await second.elector.acquired;
  assert.equal(first.fence.isOpen, false);
  second.fence.assertOpen();
  const { spec } = await read("handover");
  assert.equal(spec?.holderIdentity, "second");
  assert.equal(spec?.leaseDurationSeconds, 3);
  // client-go counts the release as no transition, and taking a free lease as one.
  assert.equal(spec?.leaseTransitions, 1);
  assert.match(spec?.renewTime ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  second.stop.abort();
  assert.equal(await second.end, "released");
  const released = (await read("handover")).spec;
  assert.deepEqual([released?.holderIdentity, released?.leaseDurationSeconds], ["", 1]);
});

test("a leader that cannot reach the server closes its fence before the other one opens its own", async () => {
  const first = contend("first", "silence");
  await first.elector.acquired;
  const second = contend("second", "silence");
  let closedAt = Number.POSITIVE_INFINITY;
  first.fence.signal.addEventListener("abort", () => {
    closedAt = systemClock.monotonic();
  });
  first.cutOff();
  await second.elector.acquired;
  const openedAt = systemClock.monotonic();
  assert.equal(await first.end, "lost");
  assert.ok(closedAt < openedAt, `closed at ${closedAt}, opened at ${openedAt}`);
  second.stop.abort();
  await second.end;
});

test("of many that start together on no lease exactly one leads", async () => {
  const all = Array.from({ length: 8 }, (_, index) => contend(`c${index}`, "crowd"));
  await Promise.race(all.map(({ elector }) => elector.acquired));
  assert.equal(all.filter(({ fence }) => fence.isOpen).length, 1);
  for (const { stop } of all) stop.abort();
  assert.deepEqual(new Set(await Promise.all(all.map(({ end }) => end))), new Set(["released"]));
  assert.equal(holderOf(await read("crowd")), undefined);
});
