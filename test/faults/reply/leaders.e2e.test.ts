/**
 * Two leaders for one lease period: the first one stands still, or is cut off, in the middle of its work; the second takes over;
 * the first comes back. It must find its fence closed: nothing of what it had in mind may be written any more.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type ManagerProcess, startManager } from "#devcluster";
import { type ApiRequest, Faults, isApiWrite, RESET } from "../../harness/faults/index.ts";
import { endWorld } from "../../harness/manners.ts";
import { IMAGE_V2, IMAGE_V3, NAMESPACE, World } from "../../harness/world.ts";
import { choosePoints, isWanted, replayCommand, tellTried } from "../points.ts";
import { untilIdle } from "../quiet.ts";

const SUITE = { name: "reply/leaders", every: 6 };

/** How the first leader gets out of the way while the write at `at` is on its way, and how it comes back. */
const WAYS = {
  "stopped as a process": "stop",
  "cut off from the API server": "cut",
} as const;

const AT: Readonly<Record<string, (request: ApiRequest) => boolean>> = {
  "its first status write": ({ resource }) => resource === "seinodes/status",
  "its apply of the StatefulSet": ({ resource, verb }) => resource === "statefulsets" && verb === "patch",
  "its deletion of the pod": ({ resource, verb }) => resource === "pods" && verb === "delete",
};

const points = Object.keys(AT).flatMap((at) =>
  Object.keys(WAYS).map((way) => ({ at, way, name: `${way} at ${at}` })),
);

test("a leader that comes back after another one took over writes nothing", async (t) => {
  if (!isWanted(SUITE)) return;
  const world = await World.start({ faults: true, manager: false });
  try {
    await run(t, world);
  } finally {
    await endWorld(world);
  }
});

async function run(t: TestContext, world: World): Promise<void> {
  const chosen = choosePoints(
    SUITE,
    points.map(({ name }) => name),
  );
  const failures: string[] = [];
  for (const [index, { at, way, name }] of points.entries()) {
    if (!chosen.includes(name)) continue;
    try {
      await takeOver(world, `node-${index}`, AT[at] ?? assert.fail(at), WAYS[way as keyof typeof WAYS]);
    } catch (error) {
      failures.push(`${replayCommand(SUITE, name, import.meta.filename)}\n${error}`);
    }
  }
  tellTried(t, SUITE, chosen.length, points.length);
  assert.equal(failures.join("\n"), "");
}

async function takeOver(
  world: World,
  node: string,
  at: (request: ApiRequest) => boolean,
  way: "stop" | "cut",
): Promise<void> {
  const first = await firstLeader(world);
  const { faults, manager } = first;
  try {
    const [second] = [await world.startManager()];
    await world.createNode(node);
    await world.untilReady(node);

    const reached = Promise.withResolvers<void>();
    const back = Promise.withResolvers<void>();
    let away = false;
    /** Writes that the first leader began after it was back, or that were still on their way after it was cut off. */
    const late: string[] = [];
    let over = false;
    faults.sidecar = (request, forward) => {
      if (over && request.method !== "GET") late.push(`${request.method} ${request.path}`);
      return forward();
    };
    faults.api = async (request, forward) => {
      if (!away && isApiWrite(request) && at(request)) {
        away = true;
        if (way === "stop") process.kill(manager.pid, "SIGSTOP");
        reached.resolve();
      }
      if (!away) return forward();
      if (over && isApiWrite(request)) late.push(`${request.verb} ${request.resource} ${request.name}`);
      // On its way until the first leader is back, or has given it up.
      // Of the lease it hears nothing even then: it has its clocks to tell that its time is over.
      const answered = request.resource === "leases" ? [] : [back.promise];
      await Promise.race([...answered, aborted(request.signal)]);
      if (request.signal.aborted) return RESET;
      if (way === "cut" && isApiWrite(request)) late.push(`on its way: ${request.verb} ${request.resource}`);
      return forward();
    };
    await world.patchNode(node, { spec: { image: IMAGE_V2 } });
    await reached.promise;
    const pod = world.pod(node)?.metadata.uid;
    // Fifteen seconds, the lease's, by the second leader's own clock.
    await world.untilReady(node, IMAGE_V2);
    await untilIdle(second.metricsUrl);
    assert.notEqual(world.pod(node)?.metadata.uid, pod, "the second leader replaced the pod");

    over = true;
    back.resolve();
    if (way === "stop") process.kill(manager.pid, "SIGCONT");
    // Work for whoever believes to lead.
    await world.patchNode(node, { spec: { image: IMAGE_V3 } });
    await world.untilReady(node, IMAGE_V3);
    await untilIdle(second.metricsUrl);
    // What was on its way when the process stood still arrives now; it carries preconditions. Nothing new may be sent.
    assert.deepEqual(late, [], "written after its time");
    assert.match(await manager.exited, /1/, "the first leader ended itself");
    const counts = [...world.simulator.node(NAMESPACE, node).postCounts.values()];
    assert.deepEqual(
      counts.filter((count) => count > 1),
      [],
      "no task was POSTed twice",
    );
  } finally {
    await manager.kill();
    await faults.stop();
    await world.manager.stop();
  }
}

/** Has ways of its own to the world, so that its requests are told from the second one's. */
async function firstLeader(world: World): Promise<{ faults: Faults; manager: ManagerProcess }> {
  const { controlPlane, simulator } = world;
  const faults = await Faults.start(controlPlane, simulator.proxyUrl);
  const { proxyUrl, apiServer } = faults;
  const manager = await startManager({ controlPlane, proxyUrl, apiServer });
  await untilIdle(manager.metricsUrl);
  return { faults, manager };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
