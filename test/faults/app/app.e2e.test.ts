/**
 * Sidecars and seids that refuse, hang, lie, forget and die, at each task of a bring-up and of an image update (design 5).
 * The oracle is an undisturbed run of the same flow in the same world.
 */
import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { type SeiNode, type SeiNodeSpec, seiNodes } from "#api";
import { type PersistentVolumeClaim, persistentVolumeClaims, unlessNotFound } from "#kube";
import { isWrite } from "../../harness/audit.ts";
import { type EndState, endState } from "../../harness/end-state.ts";
import { type Keeper, keepRunning } from "../../harness/keep-running.ts";
import { endWorld } from "../../harness/manners.ts";
import { condition, IMAGE_V1, IMAGE_V2, NAMESPACE, World } from "../../harness/world.ts";
import { choosePoints, isWanted, replayCommand, tellTried } from "../points.ts";
import { Chronicle } from "./chronicle.ts";
import { budgetOf } from "./disturbances.ts";
import { FLOWS, type Flow, type Point, pointsOf } from "./points.ts";
import { Traffic } from "./traffic.ts";

const suite = { name: "app", every: 9 };
const AT_ONCE = 20;
/** The back-off has reached a second by then; a loop without one has sent hundreds. */
const SHOWS_A_LOOP_SECONDS = 3;
/** So that there is always one beside the disturbed. */
const POINTS_PER_HEALTHY = 20;
/** A node meets 30 s of back-off at most, and then has its whole plan before it. */
const BOUND_MS = 150_000;

/** Every task that an ordinary plan can have: a snapshot to restore, peers to find, snapshots to publish. */
const spec: Partial<SeiNodeSpec> = {
  peers: [{ static: { addresses: [`${"0123456789".repeat(4)}@peer.example.org:26656`] } }],
  fullNode: {
    snapshot: { s3: { targetHeight: 1000 } },
    snapshotGeneration: { tendermint: { keepRecent: 2, publish: {} } },
  },
};

/** What an undisturbed node came to in a flow, and what that took. */
interface Reference {
  readonly tasks: readonly string[];
  readonly end: EndState;
  readonly requests: number;
}

let world: World;
let keeper: Keeper;
const traffics = new Map<string, Traffic>();
const references = {} as Record<Flow, Reference>;
const BESIDE = ["beside-0", "beside-1", "beside-2"];

before(async () => {
  if (!isWanted(suite)) return;
  world = await World.start({ faults: true });
  world.faults.sidecar = (request, forward) =>
    traffics.get(request.node)?.pass(request, forward) ?? forward();
  keeper = keepRunning(world);
  for (const name of BESIDE) await create(name);
  for (const name of BESIDE) await world.untilReady(name);
});
after(async () => {
  await keeper?.stop();
  // The 401 and 403 are ours: no other manner is let go.
  await endWorld(world, { isExpected: (line) => /"name":"pt-\d+".*\(40[13]\)/.test(line) });
});

const simulated = (name: string) => world.simulator.node(NAMESPACE, name);
const create = (name: string) => world.createNode(name, spec);
const keyOf = (name: string) => ({ namespace: NAMESPACE, name });
const ready = (name: string, image: string) =>
  world.untilNode(
    name,
    `Ready on ${image}`,
    (node) => condition(node, "Ready")?.status === "True" && node.status?.currentImage === image,
    BOUND_MS,
  );

test("each point of a bring-up and an update ends in the undisturbed state, or Failed with a reason until it is cured", {
  skip: !isWanted(suite),
  concurrency: AT_ONCE,
}, async (t) => {
  for (const flow of FLOWS) references[flow] = await undisturbed(flow);
  const all = pointsOf({ "bring-up": references["bring-up"].tasks, update: references.update.tasks });
  const chosen = new Set(
    choosePoints(
      suite,
      all.map(({ name }) => name),
    ),
  );
  const points = all.filter(({ name }) => chosen.has(name));
  const beside = await Promise.all(BESIDE.map(standing));
  const posts = BESIDE.map((name) => simulated(name).posts().length);

  await Promise.all(
    points.flatMap((point, index) => {
      const tried = t.test(point.name, async (context) => {
        try {
          await tryPoint(context, point, `pt-${index}`);
        } catch (error) {
          const replay = replayCommand(suite, point.name, import.meta.filename);
          throw new Error(`replay: ${replay}\n${String(error)}`, { cause: error });
        }
      });
      if (index % POINTS_PER_HEALTHY !== 0) return [tried];
      const name = `healthy-${index}`;
      return [
        tried,
        t.test(`${name}, beside them, is brought up, updated and deleted as ever`, () => besides(name)),
      ];
    }),
  );

  for (const name of BESIDE) await ready(name, IMAGE_V1);
  assert.deepEqual(await Promise.all(BESIDE.map(standing)), beside, "nothing becomes of Ready nodes");
  assert.deepEqual(
    BESIDE.map((name) => simulated(name).posts().length),
    posts,
    "Ready nodes are not asked to do anything",
  );
  await boundedWrites(points.length);
  if (keeper.ends.length > 0) t.diagnostic(`app: managers ended meanwhile: ${keeper.ends.join(", ")}`);
  tellTried(t, suite, points.length, all.length);
});

/** Runs the flow with nothing in its way. */
async function undisturbed(flow: Flow): Promise<Reference> {
  const name = `undisturbed-${flow}`;
  const traffic = new Traffic({ task: "none", stage: "POST" });
  await begin(name, flow, traffic);
  await ready(name, flow === "update" ? IMAGE_V2 : IMAGE_V1);
  const posts = simulated(name)
    .posts()
    .slice(flow === "update" ? references["bring-up"].tasks.length : 0);
  return {
    tasks: [...new Set(posts.map(({ type }) => type))],
    end: await endState(world, name),
    requests: traffic.requests,
  };
}

/** Up to the moment in which the plan of the flow begins; its requests go through `traffic`. */
async function begin(name: string, flow: Flow, traffic: Traffic, prepare = () => {}): Promise<void> {
  if (flow === "update") {
    await create(name);
    await ready(name, IMAGE_V1);
  }
  prepare();
  traffics.set(name, traffic);
  if (flow === "update") await world.patchNode(name, { spec: { image: IMAGE_V2 } });
  else await create(name);
}

async function tryPoint(t: TestContext, point: Point, name: string): Promise<void> {
  const { flow, task, stage, disturbance } = point;
  const node = simulated(name);
  const traffic = new Traffic({
    task,
    stage,
    ...(disturbance.answer !== undefined && { answer: disturbance.answer }),
    ...(disturbance.times !== undefined && { times: disturbance.times }),
    ...(disturbance.enough !== undefined && { enough: disturbance.enough }),
    onBegin: () => disturbance.onBegin?.(node),
  });
  const chronicle = new Chronicle(world, name);
  t.after(() => {
    chronicle.end();
    traffic.cure();
  });
  await begin(name, flow, traffic, () => {
    // Seen running by the first GET, so that there is more than one.
    if (stage === "GET") node.script(task, { untilPoll: 2 });
    disturbance.prepare?.(node, task);
  });
  const earlier = executionsOf(name, task);

  const { tells, fails } = disturbance;
  const image = flow === "update" ? IMAGE_V2 : IMAGE_V1;
  await traffic.begins(BOUND_MS);
  if (tells !== undefined) await told(point, name, tells);
  if (tells !== undefined && disturbance.answer !== undefined)
    await traffic.lasts(SHOWS_A_LOOP_SECONDS, BOUND_MS);
  if (point.isDeleted) return deleteNode(name);
  if (fails !== undefined) await failed(point, name, fails);
  // What passes by itself is not cured before it has.
  if (tells === undefined && fails === undefined) await ready(name, image);
  traffic.cure();
  node.script(task);
  disturbance.cure?.(node);
  if (fails !== undefined) {
    await world.patchNode(name, { metadata: { annotations: { "sei.io/retry": "1" } } });
  }
  await ready(name, image);

  assert.deepEqual(chronicle.ephemeral, [], "no message tells what differs from try to try");
  assert.deepEqual(await endState(world, name), references[flow].end);
  const retries = Math.max(0, ...chronicle.retries.values());
  assert.ok(retries <= budgetOf(task), `${retries} retries of ${budgetOf(task)}`);
  // An update meanwhile superseded by one in another order runs the task of the new plan, too.
  if (fails === undefined && !disturbance.name.startsWith("dies")) {
    const expected = disturbance.executions ?? 1;
    const executed = executionsOf(name, task) - earlier;
    assert.ok(
      executed === expected || (flow === "update" && executed <= expected + 1),
      `run ${executed} times`,
    );
  }
  boundedRequests(point, traffic);
  await deleteNode(name);
}

/** Ready names the task, and says what is the matter with it. */
async function told(point: Point, name: string, tells: RegExp): Promise<void> {
  await world.untilNode(
    name,
    `told /${tells.source}/ of ${point.task}`,
    (node) => {
      const message = condition(node, "Ready")?.message ?? "";
      const names = point.disturbance.namesTask === false || message.includes(`task ${point.task} (`);
      return names && tells.test(message);
    },
    BOUND_MS,
  );
}

/** The plan ends Failed: task, error and counts in the status, the remedy in Stalled, and all of a retry budget used. */
async function failed(point: Point, name: string, error: string): Promise<void> {
  const { task, flow, stage } = point;
  const budget = stage === "GET" ? budgetOf(task) : 0;
  if (budget > 0) await skipRetries(name, task, budget);
  const node = await world.untilNode(
    name,
    "the plan is Failed and Stalled says so",
    ({ status }) =>
      status?.plan?.phase === "Failed" && condition({ status } as SeiNode, "Stalled")?.status === "True",
    BOUND_MS,
  );
  const detail = node.status?.plan?.failedTaskDetail;
  assert.equal(detail?.type, task);
  assert.ok(detail?.error?.includes(error), detail?.error);
  assert.deepEqual([detail?.retryCount, detail?.maxRetries], [budget, budgetOf(task)]);
  assert.equal(node.status?.phase, flow === "update" ? "Running" : "Failed");
  assert.match(condition(node, "Ready")?.message ?? "", new RegExp(`task ${task} failed: .*${error}`));
  assert.match(condition(node, "Stalled")?.message ?? "", /sei\.io\/retry/);
}

/**
 * A budget of 180 retries takes an hour and a half. After the first counted failure the plan is told that all but the last are
 * used: what is in the plan is what the manager goes by.
 */
async function skipRetries(name: string, task: string, budget: number): Promise<void> {
  const counted = await world.untilNode(
    name,
    "a retry is counted",
    ({ status }) => status?.plan?.tasks.find(({ type }) => type === task)?.retryCount === 1,
    BOUND_MS,
  );
  const tasks = (counted.status?.plan?.tasks ?? []).map((planned) =>
    planned.type === task ? { ...planned, retryCount: budget } : planned,
  );
  const { resourceVersion } = counted.metadata;
  const patch = { metadata: { resourceVersion }, status: { plan: { tasks } } };
  await world.rest.mergePatch(seiNodes, keyOf(name), patch, { subresource: "status" });
}

function executionsOf(name: string, task: string): number {
  const ids = new Set(
    simulated(name)
      .posts(task)
      .map(({ id }) => id),
  );
  return [...ids].reduce((sum, id) => sum + simulated(name).executionsOf(id), 0);
}

/** While it is disturbed at a bounded rate (time only loosens this bound), else about as many as it takes. */
function boundedRequests({ flow, disturbance }: Point, traffic: Traffic): void {
  const { requests, disturbed, seconds } = traffic;
  // What harms nobody is met by everything that follows.
  const rest = disturbance.tells === undefined ? requests : requests - disturbed;
  const usual = references[flow].requests;
  assert.ok(rest <= 2 * usual + 20, `${rest} requests, ${usual} are usual`);
  if (disturbance.tells === undefined) return;
  assert.ok(disturbed <= 12 + 4 * seconds, `${disturbed} disturbed requests in ${seconds} s`);
}

async function deleteNode(name: string): Promise<void> {
  const { uid } = (await world.rest.get(seiNodes, keyOf(name))).metadata;
  await world.rest.delete(seiNodes, keyOf(name), { preconditions: { uid } });
  await world.untilGone(world.nodes, keyOf(name));
  await world.untilGone(world.pods, keyOf(`${name}-0`));
  const claim = await unlessNotFound(
    world.rest.get<PersistentVolumeClaim>(persistentVolumeClaims, keyOf(`data-${name}`)),
  );
  assert.ok(claim === undefined || claim.metadata.deletionTimestamp !== undefined, "its volume goes, too");
}

/** One life of a healthy node: not one request more than in an empty world. */
async function besides(name: string): Promise<void> {
  const traffic = new Traffic({ task: "none", stage: "POST" });
  await begin(name, "update", traffic);
  await ready(name, IMAGE_V2);
  assert.deepEqual(await endState(world, name), references.update.end);
  assert.deepEqual(
    [...simulated(name).postCounts.values()].filter((count) => count !== 1),
    [],
  );
  await deleteNode(name);
}

/**
 * Not by resourceVersion: everything here runs in one process, and on a machine at its limit a healthy sidecar, too, answers its
 * probe later than in the 2 s it has, which is told and taken back.
 */
const standing = async (name: string) => [world.pod(name)?.metadata.uid, await endState(world, name)];

/** A node that fails in the same way is not written in the same way (D12). */
async function boundedWrites(points: number): Promise<void> {
  const counts = new Map<string, number>();
  for (const record of (await world.audit()).filter(isWrite)) {
    if (/^(events)$/.test(record.resource)) continue;
    const node = /(pt-\d+|undisturbed-[a-z-]+)/.exec(record.name)?.[1];
    if (node !== undefined) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  const usual = counts.get("undisturbed-update") ?? 0;
  assert.ok(usual > 0 && points > 0);
  const many = [...counts].filter(([, count]) => count > 2 * usual);
  assert.deepEqual(many, [], `an undisturbed bring-up and update is ${usual} writes`);
}
