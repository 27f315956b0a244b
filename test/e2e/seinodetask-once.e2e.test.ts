/**
 * Tasks that sign transactions are submitted once, whatever dies, gets lost or comes twice. The judge is the simulator's own
 * count of POSTs by id, over all pods and volumes.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ControllerNames, type SeiNodeTask, seiNodeTasks } from "#api";
import { systemClock } from "#clock";
import type { DeepReadonly } from "#kube";
import { seiNodeTaskId } from "#plan";
import { type ApiRequest, type Forward, RESET, type SidecarRequest } from "../harness/faults/index.ts";
import { endWorld } from "../harness/manners.ts";
import { scrape } from "../harness/metrics.ts";
import { condition, NAMESPACE, World } from "../harness/world.ts";

/** One pod of the manager's Deployment, so that the next process takes the Lease at once. */
const POD = { POD_UID: "manager-pod" };

/** Where votes and proposals succeed, and where they fail. The second of each is for requests that are held for long. */
const NODES = ["fine", "fine-held", "fails", "fails-held"];
const fails = (node: string) => node.startsWith("fails");

let world: World;
before(async () => {
  world = await World.start({ faults: true, env: POD });
  await Promise.all(NODES.map((name) => world.createNode(name, { validator: {} })));
  await Promise.all(NODES.map((name) => world.untilReady(name)));
});
after(() => endWorld(world));

const simulated = (name: string) => world.simulator.node(NAMESPACE, name);
const FAILURE = "deposit is too small";

const payloads = {
  GovVote: { govVote: { chainId: "pacific-1", proposalId: 7, option: "yes", fees: "1usei", gas: 1 } },
  GovSoftwareUpgrade: {
    govSoftwareUpgrade: {
      chainId: "pacific-1",
      title: "Upgrade",
      description: "To v7",
      upgradeName: "v7",
      upgradeHeight: 1_500,
      initialDeposit: "1usei",
      fees: "1usei",
      gas: 1,
    },
  },
} as const;
type Kind = keyof typeof payloads;

interface Made {
  readonly name: string;
  readonly id: string;
  readonly node: string;
}

async function create(name: string, kind: Kind, node: string): Promise<Made> {
  const { metadata } = await world.createTask(name, kind, node, payloads[kind]);
  return { name, node, id: seiNodeTaskId(metadata.uid, kind) };
}

/** Each ends as its node's script says, after exactly one POST and one run. */
async function assertOnce(made: readonly Made[]): Promise<void> {
  for (const { name, node, id } of made) {
    const task = await world.untilEnded(name, fails(node) ? "Failed" : "Complete");
    assert.equal(task.status?.task?.id, id);
    if (fails(node)) {
      assert.equal(condition(task, "Failed")?.reason, "TaskFailed", name);
      assert.equal(task.status?.task?.err, FAILURE, name);
    }
    assert.equal(simulated(node).postCounts.get(id), 1, `POSTs of ${name}`);
    assert.equal(simulated(node).executionsOf(id), 1, `runs of ${name}`);
  }
}

function scriptOutcomes(script: { readonly delayMs?: number; readonly untilPoll?: number }): void {
  for (const type of ["gov-vote", "gov-software-upgrade"]) {
    for (const node of NODES)
      simulated(node).script(type, { ...script, ...(fails(node) && { fail: FAILURE }) });
  }
}

/** What the manager does for a task, as it passes the relays. */
type Step =
  | { readonly kind: "record" | "acceptance" | "end"; readonly request: ApiRequest }
  | { readonly kind: "post" | "poll"; readonly request: SidecarRequest };

type StepKind = Step["kind"];

/** Never answers, until the asker is gone. */
const hold = ({ request }: Step): Promise<typeof RESET> =>
  new Promise((resolve) => request.signal.addEventListener("abort", () => resolve(RESET), { once: true }));

/** Shows each step for one of these tasks to `disturb`; everything else passes. */
function onSteps(
  made: readonly Made[],
  disturb: (name: string, step: Step, forward: Forward) => ReturnType<World["faults"]["api"]>,
): void {
  const posted = new Set<string>();
  world.faults.api = (request, forward) => {
    const task = made.find(({ name }) => name === request.name);
    if (task === undefined || request.verb !== "patch" || request.resource !== "seinodetasks/status")
      return forward();
    const { status } = JSON.parse(request.body) as { status?: Partial<SeiNodeTask["status"] & object> };
    const kind = /^(Complete|Failed)$/.test(status?.phase ?? "")
      ? "end"
      : status?.task?.submittedAt === undefined
        ? "record"
        : "acceptance";
    return disturb(task.name, { kind, request }, forward);
  };
  world.faults.sidecar = (request, forward) => {
    const task = made.find(({ id }) => request.path.endsWith(id) || request.body.includes(id));
    if (task === undefined) return forward();
    if (request.method === "POST") posted.add(task.id);
    // What is asked before the POST is no poll.
    else if (!posted.has(task.id)) return forward();
    return disturb(task.name, { kind: request.method === "POST" ? "post" : "poll", request }, forward);
  };
}

/** Rejects with what `missing` says when it takes longer. */
async function within<T>(ms: number, promise: Promise<T>, missing: () => unknown): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = systemClock.after(ms, () => reject(new Error(`not within ${ms} ms: ${String(missing())}`)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}

const MOMENTS: readonly { readonly kind: StepKind; readonly happens: boolean; readonly name: string }[] = [
  { kind: "record", happens: false, name: "before-record" },
  { kind: "record", happens: true, name: "after-record" },
  { kind: "post", happens: false, name: "before-post" },
  { kind: "post", happens: true, name: "after-post" },
  { kind: "acceptance", happens: false, name: "before-acceptance" },
  { kind: "acceptance", happens: true, name: "after-acceptance" },
  { kind: "poll", happens: true, name: "in-a-poll" },
  { kind: "end", happens: false, name: "before-end" },
  { kind: "end", happens: true, name: "after-end" },
];

test("a manager that is killed at each step of a gov task, before and after it happens, doubles none", async () => {
  await world.manager.stop();
  scriptOutcomes({ untilPoll: 3 });
  const made: Made[] = [];
  const moments = new Map<string, (typeof MOMENTS)[number]>();
  for (const node of ["fine", "fails"]) {
    for (const kind of Object.keys(payloads) as Kind[]) {
      for (const moment of MOMENTS) {
        const name = `${moment.name}-${kind.toLowerCase()}-${node}`;
        // A held request to a sidecar holds up what else is asked of it.
        const held = moment.kind === "post" || moment.kind === "poll";
        made.push(await create(name, kind, held ? `${node}-held` : node));
        moments.set(name, moment);
      }
    }
  }
  const reached = new Set<string>();
  const all = Promise.withResolvers<void>();
  onSteps(made, async (name, step, forward) => {
    const moment = moments.get(name);
    // From its moment on nothing more gets through for a task.
    if (!reached.has(name) && moment?.kind !== step.kind) return forward();
    if (!reached.has(name) && moment?.happens === true) await forward();
    reached.add(name);
    if (reached.size === made.length) all.resolve();
    return hold(step);
  });
  const manager = await world.startManager();
  await within(30_000, all.promise, () => made.map(({ name }) => name).filter((name) => !reached.has(name)));
  await manager.kill();
  world.faults.heal();
  await world.startManager();
  await assertOnce(made);
});

test("an answer to the POST that is lost, and polls that fail, double none", async () => {
  scriptOutcomes({ delayMs: 300 });
  const lost = new Map<string, number>();
  // The ids are known only once the tasks are there: until then everything about these nodes is disturbed.
  world.faults.sidecar = async (request, forward) => {
    if (!/^\/v0\/tasks/.test(request.path)) return forward();
    const key = `${request.node} ${request.method} ${request.method === "POST" ? request.body : request.path}`;
    const times = (lost.get(key) ?? 0) + 1;
    lost.set(key, times);
    const answer = await forward();
    if (request.method === "POST") return times === 1 ? RESET : answer;
    if (times === 2) return RESET;
    if (times === 3) return { status: 500, headers: {}, body: "no" };
    if (times === 4) return { ...answer, body: "{" };
    return answer;
  };
  const created = await Promise.all([
    create("lost-vote-fine", "GovVote", "fine"),
    create("lost-upgrade-fine", "GovSoftwareUpgrade", "fine"),
    create("lost-vote-fails", "GovVote", "fails"),
    create("lost-upgrade-fails", "GovSoftwareUpgrade", "fails"),
  ]);
  await assertOnce(created);
  world.faults.heal();
  assert.equal([...lost.keys()].filter((key) => key.includes(" POST ")).length, created.length);
});

test("status writes that get a conflict, or whose answer is lost, double none", async () => {
  scriptOutcomes({ delayMs: 100 });
  const hits = new Map<string, number>();
  world.faults.api = async (request, forward) => {
    if (request.verb !== "patch" || request.resource !== "seinodetasks/status") return forward();
    const times = (hits.get(request.name) ?? 0) + 1;
    hits.set(request.name, times);
    // Somebody labels the task at this very moment.
    if (times % 3 === 1)
      await world.patchTask(request.name, { metadata: { labels: { touched: String(times) } } });
    const answer = await forward();
    return times % 3 === 2 ? RESET : answer;
  };
  const made = await Promise.all([
    create("torn-vote-fine", "GovVote", "fine"),
    create("torn-upgrade-fine", "GovSoftwareUpgrade", "fine"),
    create("torn-vote-fails", "GovVote", "fails"),
    create("torn-upgrade-fails", "GovSoftwareUpgrade", "fails"),
  ]);
  await assertOnce(made);
  world.faults.heal();
});

test("a sidecar that restarts in the middle of a gov task, or has lost its volume, is not sent it again", async () => {
  await world.createNode("drained", { validator: {} });
  await world.untilReady("drained");
  simulated("drained").script("gov-vote", { delayMs: 600_000 });
  const made = await create("drained-vote", "GovVote", "drained");
  await world.untilTask(
    "drained-vote",
    "is accepted",
    (task) => task.status?.task?.submittedAt !== undefined,
  );
  simulated("drained").sidecar.restart();
  const task = await world.untilEnded("drained-vote", "Failed");
  assert.equal(condition(task, "Failed")?.reason, "TaskFailed");
  assert.match(task.status?.task?.err ?? "", /context canceled/);
  assert.equal(simulated("drained").postCounts.get(made.id), 1);

  await world.untilNode(
    "drained",
    "its sidecar is ready again",
    (node) => condition(node, "Ready")?.status === "True",
  );
  const { metadata } = await world.createTask("forgotten-vote", "GovVote", "drained", payloads.GovVote, {
    timeoutSeconds: 8,
  });
  const id = seiNodeTaskId(metadata.uid, "GovVote");
  await world.untilTask(
    "forgotten-vote",
    "is accepted",
    (each) => each.status?.task?.submittedAt !== undefined,
  );
  simulated("drained").loseVolume();
  const forgotten = await world.untilEnded("forgotten-vote", "Failed");
  assert.equal(condition(forgotten, "Failed")?.reason, "Timeout");
  assert.equal(simulated("drained").postCounts.get(id), 1);
});

test("a second manager does nothing beside the leader, and doubles nothing when the leader is killed in mid-task", async () => {
  await world.manager.stop();
  const leader = await world.startManager({ POD_UID: "leader" });
  const standby = await world.startManager({ POD_UID: "standby" });
  scriptOutcomes({ untilPoll: 3 });
  const made = await Promise.all([
    create("two-vote-fine", "GovVote", "fine"),
    create("two-upgrade-fine", "GovSoftwareUpgrade", "fine"),
    create("two-vote-fails", "GovVote", "fails"),
    create("two-upgrade-fails", "GovSoftwareUpgrade", "fails"),
  ]);
  await assertOnce(made);
  const labels = { controller: ControllerNames.seiNodeTask };
  const reconciles = "controller_runtime_reconcile_total";
  assert.ok((await scrape(leader.metricsUrl)).sum(reconciles, labels) > 0);
  assert.equal((await scrape(standby.metricsUrl)).sum(reconciles, labels), 0);

  scriptOutcomes({ delayMs: 2_000 });
  const more = await Promise.all([
    create("taken-vote-fine", "GovVote", "fine"),
    create("taken-upgrade-fails", "GovSoftwareUpgrade", "fails"),
  ]);
  for (const { name } of more)
    await world.untilTask(name, "is accepted", (task) => task.status?.task?.submittedAt !== undefined);
  await leader.kill();
  await assertOnce(more);
  await standby.stop();
});

test("a leader that slept through the end of its lease, right before a POST, does not send it when it wakes", async () => {
  scriptOutcomes({ delayMs: 50 });
  const first = await world.startManager({ POD_UID: "first" });
  const second = world.startManager({ POD_UID: "second" });
  await second;
  const asleep = Promise.withResolvers<void>();
  // Its last word before the POST is the live read of the task.
  world.faults.api = async (request, forward) => {
    if (request.verb !== "get" || request.resource !== "seinodetasks" || request.name !== "slept")
      return forward();
    world.faults.heal();
    process.kill(first.pid, "SIGSTOP");
    asleep.resolve();
    return forward();
  };
  const made = await create("slept", "GovSoftwareUpgrade", "fails");
  await within(30_000, asleep.promise, () => "the task is not read before its POST");
  await assertOnce([made]);
  process.kill(first.pid, "SIGCONT");
  assert.match(await first.exited, /1/);
  await assertOnce([made]);
  const live: DeepReadonly<SeiNodeTask> = await world.rest.get(seiNodeTasks, {
    namespace: NAMESPACE,
    name: "slept",
  });
  assert.equal(live.status?.phase, "Failed");
});
