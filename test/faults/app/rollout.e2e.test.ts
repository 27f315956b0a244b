/**
 * One node of a group whose sidecar refuses, hangs, answers nonsense or is dead while the group is rolled out: the others get
 * where they may, no more nodes than allowed are out of service, the group says whom it waits for, and the cure is enough.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { type Forward, RESET, type RelayAnswer, type SidecarRequest } from "../../harness/faults/index.ts";
import { type Keeper, keepRunning } from "../../harness/keep-running.ts";
import { endWorld } from "../../harness/manners.ts";
import { condition, IMAGE_V1, IMAGE_V2, NAMESPACE, World } from "../../harness/world.ts";
import { choosePoints, isWanted, replayCommand, tellTried } from "../points.ts";

const suite = { name: "app/rollout", every: 3 };
/** A node meets 30 s of back-off at most, and then has its whole plan before it. */
const BOUND_MS = 150_000;
const ORDINALS = [0, 1, 2] as const;
/** The one in the middle: what comes before it and after it differs. */
const DISTURBED = 1;

type Answer = (request: SidecarRequest, forward: Forward) => Promise<RelayAnswer | typeof RESET>;

const answering = (status: number): Answer => {
  const answer = { status, headers: { "content-type": "application/json" }, body: "{}" };
  return () => Promise.resolve(answer);
};

const ANSWERS: Readonly<Record<string, Answer | "dead">> = {
  refuses: () => Promise.resolve(RESET),
  "answers 500": answering(500),
  "accepts and hangs": async ({ signal }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    return RESET;
  },
  "dies and stays dead": "dead",
};

const STRATEGIES = {
  "all at once": { maxUnavailable: "100%", moved: [0, 1, 2] },
  "one by one": { maxUnavailable: 1, moved: [0, 1] },
} as const;

let world: World;
let keeper: Keeper;
const answers = new Map<string, Answer>();

before(async () => {
  if (!isWanted(suite)) return;
  world = await World.start({ faults: true });
  world.faults.sidecar = (request, forward) => {
    const answer = answers.get(request.node);
    return answer === undefined ? forward() : answer(request, forward);
  };
  keeper = keepRunning(world);
});
after(async () => {
  await keeper?.stop();
  await endWorld(world);
});

test("a rollout of which one node's sidecar is disturbed goes as far as it may, says whom it waits for, and ends with the cure", {
  skip: !isWanted(suite),
  concurrency: true,
}, async (t) => {
  const points = Object.keys(STRATEGIES).flatMap((strategy) =>
    Object.keys(ANSWERS).map((what) => `${strategy}, the sidecar of the second ${what}`),
  );
  const chosen = choosePoints(suite, points);
  await Promise.all(
    chosen.map((point) =>
      t.test(point, async () => {
        try {
          await tryPoint(point, `group-${points.indexOf(point)}`);
        } catch (error) {
          const replay = replayCommand(suite, point, import.meta.filename);
          throw new Error(`replay: ${replay}\n${String(error)}`, { cause: error });
        }
      }),
    ),
  );
  tellTried(t, suite, chosen.length, points.length);
});

async function tryPoint(point: string, group: string): Promise<void> {
  const [strategy = "", what = ""] = point.split(", the sidecar of the second ");
  const { maxUnavailable, moved } = STRATEGIES[strategy as keyof typeof STRATEGIES];
  const names = ORDINALS.map((ordinal) => `${group}-${ordinal}`);
  const hurt = names[DISTURBED] ?? assert.fail();
  const posts = (name: string) => world.simulator.node(NAMESPACE, name).posts();

  await world.createGroup(group, { updateStrategy: { type: "InPlace", inPlace: { maxUnavailable } } });
  await world.untilGroupReady(group);
  const cure = disturb(hurt, ANSWERS[what] ?? assert.fail(what));
  await world.setGroupImage(group, IMAGE_V2);

  const well = moved.filter((ordinal) => ordinal !== DISTURBED).map((ordinal) => `${group}-${ordinal}`);
  for (const name of well) await untilReadyOn(name, IMAGE_V2);
  await world.untilNode(hurt, "moved", ({ spec }) => spec.image === IMAGE_V2, BOUND_MS);
  const stuck = await world.untilGroup(
    group,
    `waits for ${hurt} alone`,
    (found) => {
      const message = condition(found, "Ready")?.message ?? "";
      return message.includes(hurt) && well.every((name) => !message.includes(name));
    },
    BOUND_MS,
  );
  assert.equal(condition(stuck, "RolloutInProgress")?.status, "True");
  assert.equal(stuck.status?.phase, "Upgrading");
  const waiting = names.filter((_, ordinal) => !(moved as readonly number[]).includes(ordinal));
  for (const name of waiting) {
    const node = world.nodes.get({ namespace: NAMESPACE, name });
    assert.ok(node !== undefined && isReadyOn(node, IMAGE_V1), `${name} serves on ${IMAGE_V1} meanwhile`);
  }

  cure();
  for (const name of names) await untilReadyOn(name, IMAGE_V2);
  await world.untilEvent(group, "RolloutComplete");
  const done = await world.untilGroupReady(group, IMAGE_V2);
  assert.deepEqual([done.status?.plan, done.status?.rollout], [undefined, undefined]);
  for (const name of names.filter((name) => name !== hurt)) {
    const doubled = posts(name).filter(({ outcome }) => outcome !== "started");
    assert.deepEqual(doubled, [], `${name} was asked nothing twice`);
  }
}

/** Returns the cure. */
function disturb(name: string, answer: Answer | "dead"): () => void {
  if (answer !== "dead") {
    answers.set(name, answer);
    return () => void answers.delete(name);
  }
  const { sidecar } = world.simulator.node(NAMESPACE, name);
  sidecar.kill();
  return () => sidecar.revive();
}

function isReadyOn(node: DeepReadonly<SeiNode>, image: string): boolean {
  return condition(node, "Ready")?.status === "True" && node.status?.currentImage === image;
}

const untilReadyOn = (name: string, image: string) =>
  world.untilNode(name, `Ready on ${image}`, (node) => isReadyOn(node, image), BOUND_MS);
