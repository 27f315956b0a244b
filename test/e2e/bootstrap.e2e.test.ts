/**
 * A node that a Job with an older image takes to its target height first (design D16). One volume, two pods after one
 * another: the order is judged by what the API server told a watcher, and the simulator counts the seids on each volume.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { systemClock, systemRandom } from "#clock";
import {
  controllerOf,
  createInformer,
  type DeepReadonly,
  type Informer,
  type Job,
  jobs,
  type Pod,
  type Service,
  services,
} from "#kube";
import { endWorld } from "../harness/manners.ts";
import { condition, IMAGE_V1, NAMESPACE, World } from "../harness/world.ts";

const BOOT = "sei:v0";
const HEIGHT = 5000;
const peer = `${"0123456789".repeat(4)}@peer.example.org:26656`;

let world: World;
let jobInformer: Informer<Job>;
let serviceInformer: Informer<Service>;
const watching = new AbortController();
/** What was seen to begin and to end, per node, in order. */
const story: string[] = [];

before(async () => {
  world = await World.start();
  const common = { clock: systemClock, random: systemRandom };
  jobInformer = createInformer(world.rest, jobs, common);
  serviceInformer = createInformer(world.rest, services, common);
  for (const informer of [jobInformer, serviceInformer]) {
    informer.start(watching.signal).catch(() => {});
    await informer.synced(watching.signal);
  }
  world.pods.onEvent(({ type, object }) => {
    if (type !== "modified") story.push(`${kindOf(object)} ${type} ${nodeOf(object)}`);
  });
});
after(async () => {
  watching.abort();
  await endWorld(world);
});

const nodeOf = (object: { metadata: { labels?: Readonly<Record<string, string>> } }) =>
  object.metadata.labels?.["sei.io/node"] ?? "";
const kindOf = (pod: DeepReadonly<Pod>) => (controllerOf(pod)?.kind === "Job" ? "job-pod" : "pod");
const keyOf = (name: string) => ({ namespace: NAMESPACE, name });
const jobOf = (name: string) => jobInformer.get(keyOf(`${name}-bootstrap`));
const storyOf = (name: string) =>
  story.filter((line) => line.endsWith(` ${name}`)).map((line) => line.slice(0, -name.length - 1));

function create(name: string, bootstrapImage = BOOT) {
  return world.createNode(name, {
    peers: [{ static: { addresses: [peer] } }],
    fullNode: { snapshot: { s3: { targetHeight: HEIGHT }, bootstrapImage } },
  });
}

const retry = (name: string, value: string) =>
  world.patchNode(name, { metadata: { annotations: { "sei.io/retry": value } } });

const untilFailed = (name: string) =>
  world.untilNode(name, "Failed", (node) => node.status?.phase === "Failed");

const untilPosted = (name: string, type: string) =>
  world.untilNode(
    name,
    `${type} is the current task and was sent`,
    ({ status }) =>
      status?.plan?.tasks.find((task) => task.status !== "Complete")?.type === type &&
      world.simulator.node(NAMESPACE, name).posts(type).length > 0,
  );

const FIRST =
  "snapshot-restore configure-genesis config-apply discover-peers configure-state-sync config-validate mark-ready";
const SECOND = "configure-genesis config-apply discover-peers config-validate mark-ready";

function assertPostedOnce(name: string, types: string): void {
  const simulated = world.simulator.node(NAMESPACE, name);
  assert.equal(
    simulated
      .posts()
      .map((post) => post.type)
      .join(" "),
    types,
  );
  assert.deepEqual(
    [...simulated.postCounts.values()].filter((count) => count !== 1),
    [],
  );
}

test("a node with a bootstrap image comes up Ready; its StatefulSet has no pod until Job and pod are gone", async () => {
  const name = "boot";
  await create(name);
  const made = await world.until(jobInformer, keyOf(`${name}-bootstrap`), "the Job", () => true);
  assert.equal(made.spec?.template.spec?.containers[0]?.image, BOOT);
  const held = world.statefulSets.get(keyOf(name));
  assert.equal(held?.spec?.replicas ?? 0, 0);
  const node = await world.untilReady(name);
  assert.equal(node.status?.currentImage, IMAGE_V1);
  assert.equal(jobOf(name), undefined);
  assert.deepEqual(storyOf(name), ["job-pod added", "job-pod deleted", "pod added"]);
  assertPostedOnce(name, `${FIRST} ${SECOND}`);
  assert.ok(world.simulator.node(NAMESPACE, name).seid.height >= HEIGHT);
  const service = await world.rest.get(services, keyOf(name));
  assert.equal(service.metadata.labels?.["sei.io/component"], undefined);
  assert.equal(service.spec?.ports?.length, 8);
});

test("a bootstrap Job that fails fails the node with its reason; a retry removes it and bootstraps anew", async () => {
  const name = "boot-fails";
  world.simulator.images.crashLoop(`${BOOT}-crashes`);
  await create(name, `${BOOT}-crashes`);
  const failed = await untilFailed(name);
  assert.match(
    failed.status?.plan?.failedTaskDetail?.error ?? "",
    /bootstrap Job boot-fails-bootstrap failed/,
  );
  assert.match(condition(failed, "Stalled")?.message ?? "", /sei\.io\/retry/);
  const former = jobOf(name)?.metadata.uid;
  assert.ok(former);
  await world.patchNode(name, {
    spec: { fullNode: { snapshot: { bootstrapImage: BOOT } } },
    metadata: { annotations: { "sei.io/retry": "1" } },
  });
  await world.untilReady(name);
  assert.deepEqual(storyOf(name), [
    "job-pod added",
    "job-pod deleted",
    "job-pod added",
    "job-pod deleted",
    "pod added",
  ]);
});

test("a retry after the bootstrap was done does not repeat it", async () => {
  const name = "boot-second-half";
  const simulated = world.simulator.node(NAMESPACE, name);
  simulated.script("config-validate", { succeed: true, times: 1 }, { fail: "bad config", times: 1 });
  await create(name);
  const failed = await untilFailed(name);
  assert.equal(failed.status?.plan?.failedTaskDetail?.type, "config-validate");
  await retry(name, "1");
  await world.untilReady(name);
  assert.deepEqual(storyOf(name), ["job-pod added", "job-pod deleted", "pod added"]);
});

test("a bootstrap that is no longer wanted when the node is retried is torn down before the node's own pod starts", async () => {
  const name = "boot-unwanted";
  const simulated = world.simulator.node(NAMESPACE, name);
  simulated.script("config-apply", { fail: "no space left", times: 1 });
  await create(name);
  await untilFailed(name);
  assert.ok(jobOf(name));
  await world.patchNode(name, {
    spec: { fullNode: { snapshot: null } },
    metadata: { annotations: { "sei.io/retry": "1" } },
  });
  await world.untilReady(name);
  assert.equal(jobOf(name), undefined);
  assert.deepEqual(storyOf(name), ["job-pod added", "job-pod deleted", "pod added"]);
});

test("D24: a bootstrap image that cannot be pulled is told, and cured by correcting it", async () => {
  const name = "boot-unpullable";
  world.simulator.images.failPull("sei:absent");
  await create(name, "sei:absent");
  await world.untilNode(name, "told", (node) =>
    /cannot pull image sei:absent/.test(condition(node, "Ready")?.message ?? ""),
  );
  await world.patchNode(name, { spec: { fullNode: { snapshot: { bootstrapImage: BOOT } } } });
  await world.untilReady(name);
  assertPostedOnce(name, `${FIRST} ${SECOND}`);
});

for (const [when, task] of [
  ["while the snapshot is restored", "snapshot-restore"],
  ["right before the bootstrap's seid may start", "config-validate"],
] as const) {
  test(`a manager that is killed ${when} and comes back posts nothing twice and ends at the same place`, async () => {
    const name = `boot-killed-${task}`;
    const simulated = world.simulator.node(NAMESPACE, name);
    simulated.script(task, { untilPoll: 3, times: 1 });
    await create(name);
    await untilPosted(name, task);
    await world.manager.kill();
    const uid = jobOf(name)?.metadata.uid;
    assert.ok(uid);
    await world.startManager();
    await world.untilReady(name);
    assertPostedOnce(name, `${FIRST} ${SECOND}`);
    assert.deepEqual(storyOf(name), ["job-pod added", "job-pod deleted", "pod added"]);
  });
}

test("a manager that is killed while the Job runs finds its end", async () => {
  const name = "boot-killed-await";
  const simulated = world.simulator.node(NAMESPACE, name);
  simulated.seid.configure({ syncMs: 3_000 });
  await create(name);
  await world.untilNode(name, "awaits the Job", (node) =>
    /await-bootstrap-complete .* waits for the bootstrap Job to reach height 5000/.test(
      condition(node, "Ready")?.message ?? "",
    ),
  );
  await world.manager.kill();
  await world.until(
    jobInformer,
    keyOf(`${name}-bootstrap`),
    "complete",
    ({ status }) =>
      status?.conditions?.some(({ type, status }) => type === "Complete" && status === "True") ?? false,
  );
  await world.startManager();
  await world.untilReady(name);
  assertPostedOnce(name, `${FIRST} ${SECOND}`);
});

test("a bootstrap Job that somebody deletes while it runs is a failure of the node that a retry cures", async () => {
  const name = "boot-deleted";
  world.simulator.node(NAMESPACE, name).seid.configure({ syncMs: 600_000 });
  await create(name);
  await world.untilNode(name, "awaits the Job", (node) =>
    /await-bootstrap-complete/.test(condition(node, "Ready")?.message ?? ""),
  );
  await world.rest.delete(jobs, keyOf(`${name}-bootstrap`), { propagationPolicy: "Foreground" });
  const failed = await untilFailed(name);
  assert.match(failed.status?.plan?.failedTaskDetail?.error ?? "", /boot-deleted-bootstrap (is gone|failed)/);
  world.simulator.node(NAMESPACE, name).seid.configure({ syncMs: 0 });
  await retry(name, "1");
  await world.untilReady(name);
});

test("a node that is deleted while it bootstraps takes its Job, pod and volume with it", async () => {
  const name = "boot-removed";
  world.simulator.node(NAMESPACE, name).script("snapshot-restore", { hang: true });
  await create(name);
  await untilPosted(name, "snapshot-restore");
  await world.controlPlane.kubectl(["delete", "seinode", name, "-n", NAMESPACE, "--wait=false"]);
  await world.untilGone(world.nodes, keyOf(name));
  await world.untilGone(jobInformer, keyOf(`${name}-bootstrap`));
  assert.deepEqual(
    world.pods.list().filter((pod) => nodeOf(pod) === name && kindOf(pod) === "pod"),
    [],
  );
});
