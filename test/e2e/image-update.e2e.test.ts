/** The central promise: spec.image changes, and the node moves, whatever state its pod is in. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type DeepReadonly, isJsonObject, type Pod } from "#kube";
import { endWorld } from "../harness/manners.ts";
import { condition, IMAGE_V1, IMAGE_V2, IMAGE_V3, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const update =
  "apply-statefulset apply-service config-patch config-validate replace-pod observe-image mark-ready";

async function bringUp(name: string): Promise<DeepReadonly<Pod>> {
  await world.createNode(name);
  await world.untilReady(name);
  const pod = world.pod(name);
  assert.ok(pod);
  return pod;
}

async function halt(name: string): Promise<void> {
  world.simulator.halt(`${NAMESPACE}/${name}`);
  await world.untilNode(name, "not Ready any more", (node) => condition(node, "Ready")?.status === "False");
}

const setImage = (name: string, image: string) => world.patchNode(name, { spec: { image } });

function postsOnce(name: string): void {
  const counts = [...world.simulator.node(NAMESPACE, name).postCounts.values()];
  assert.deepEqual(
    counts.filter((count) => count !== 1),
    [],
  );
}

async function podDeletions(name: string): Promise<number> {
  const records = await world.audit();
  return records.filter((r) => r.verb === "delete" && r.resource === "pods" && r.name === `${name}-0`).length;
}

test("a halted node, whose pod is not Ready, is moved to the new image without waiting for readiness", async () => {
  const name = "halted";
  const old = await bringUp(name);
  await halt(name);
  assert.match(
    condition(await world.untilNode(name, "told", () => true), "Ready")?.message ?? "",
    /spec\.image/,
  );

  await setImage(name, IMAGE_V2);
  const started = await world.untilNode(name, "the update plan", (node) => node.status?.plan !== undefined);
  assert.equal(started.status?.plan?.tasks.map((task) => task.type).join(" "), update);
  assert.equal(condition(started, "NodeUpdateInProgress")?.reason, "UpdateStarted");
  const done = await world.untilReady(name, IMAGE_V2);

  const pod = world.pod(name);
  assert.notEqual(pod?.metadata.uid, old.metadata.uid);
  assert.equal(pod?.spec?.containers.find((c) => c.name === "seid")?.image, IMAGE_V2);
  assert.equal(condition(done, "NodeUpdateInProgress")?.reason, "UpdateComplete");
  assert.equal(done.status?.phase, "Running");
  assert.equal(await podDeletions(name), 1);
  postsOnce(name);
});

test("a healthy node is moved by the same plan, the config tasks on the old pod", async () => {
  await bringUp("healthy");
  await setImage("healthy", IMAGE_V2);
  await world.untilReady("healthy", IMAGE_V2);
  assert.equal(await podDeletions("healthy"), 1);
  postsOnce("healthy");
});

test("D3: v1 -> v2 -> v1 ends on v1, although currentRevision never moved from it", async () => {
  const name = "back-and-forth";
  await bringUp(name);
  await setImage(name, IMAGE_V2);
  await world.untilReady(name, IMAGE_V2);
  await setImage(name, IMAGE_V1);
  await world.untilReady(name, IMAGE_V1);
  const pod = world.pod(name);
  assert.equal(pod?.spec?.containers.find((c) => c.name === "seid")?.image, IMAGE_V1);
  assert.equal(await podDeletions(name), 2);
});

test("D2: a second image while the first is rolling supersedes the plan; the node ends on it with no manual step", async () => {
  const name = "superseded";
  await bringUp(name);
  const slow = world.simulator.node(NAMESPACE, name);
  slow.script("config-validate", { delayMs: 60_000 });
  await setImage(name, IMAGE_V2);
  const first = await world.untilNode(
    name,
    "waits in config-validate",
    (node) =>
      (node.status?.plan?.tasks.find((task) => task.type === "config-validate")?.submittedAt ?? "") !== "",
  );
  slow.script("config-validate");
  await setImage(name, IMAGE_V3);
  await world.untilReady(name, IMAGE_V3);
  await world.untilEvent(name, "NodeUpdateSuperseded");
  assert.ok(first.status?.plan?.id);
  assert.equal(await podDeletions(name), 1);
});

test("D2: back to the first image while the second cannot be pulled ends Ready on the first", async () => {
  const name = "bad-then-good";
  await bringUp(name);
  world.simulator.images.failPull("sei:bad");
  await setImage(name, "sei:bad");
  const stuck = await world.untilNode(name, "waits for the image", (node) =>
    /cannot pull image sei:bad/.test(condition(node, "Ready")?.message ?? ""),
  );
  // D4: never reported as current.
  assert.equal(stuck.status?.currentImage, IMAGE_V1);
  await setImage(name, IMAGE_V1);
  await world.untilReady(name, IMAGE_V1);
  await world.untilEvent(name, "NodeUpdateSuperseded");
  assert.equal(world.pod(name)?.spec?.containers.find((c) => c.name === "seid")?.image, IMAGE_V1);
});

test("a bad image and then a good one ends Ready on the good one", async () => {
  const name = "bad-then-better";
  await bringUp(name);
  await setImage(name, "sei:bad");
  await world.untilNode(name, "waits for the image", (node) =>
    /cannot pull image sei:bad/.test(condition(node, "Ready")?.message ?? ""),
  );
  await setImage(name, IMAGE_V3);
  await world.untilReady(name, IMAGE_V3);
});

test("D5: with the old pod's sidecar dead, a new image replaces the pod first and configures the new one", async () => {
  const name = "dead-sidecar";
  await bringUp(name);
  world.simulator.node(NAMESPACE, name).sidecar.kill();
  await world.untilNode(
    name,
    "sidecar seen dead",
    (node) => condition(node, "SidecarReady")?.status === "Unknown",
  );
  await setImage(name, IMAGE_V2);
  const planned = await world.untilNode(name, "an update plan", (node) => node.status?.plan !== undefined);
  const types = planned.status?.plan?.tasks.map((task) => task.type) ?? [];
  assert.ok(types.indexOf("replace-pod") < types.indexOf("config-patch"), types.join(" "));
  // The new pod's sidecar starts.
  world.simulator.node(NAMESPACE, name).sidecar.revive();
  await world.untilReady(name, IMAGE_V2);
});

test("D5: a sidecar that dies while the update waits for it does not hold the update up", async () => {
  const name = "dies-in-update";
  await bringUp(name);
  const simulated = world.simulator.node(NAMESPACE, name);
  simulated.script("config-patch", { delayMs: 600_000 });
  await setImage(name, IMAGE_V2);
  await world.untilNode(
    name,
    "config-patch submitted",
    (node) =>
      (node.status?.plan?.tasks.find((task) => task.type === "config-patch")?.submittedAt ?? "") !== "",
  );
  simulated.sidecar.kill();
  simulated.script("config-patch");
  await world.untilEvent(name, "NodeUpdateSuperseded");
  simulated.sidecar.revive();
  await world.untilReady(name, IMAGE_V2);
});

test("D22: an update patches the external address: the override wins over spec.externalAddress", async () => {
  const overrides = { "network.p2p.external_address": "override.example.org:26656" };
  await world.createNode("external", { externalAddress: "spec.example.org:26656", overrides });
  await world.untilReady("external");
  await setImage("external", IMAGE_V2);
  await world.untilReady("external", IMAGE_V2);
  const params = world.simulator.node(NAMESPACE, "external").posts("config-patch")[0]?.params;
  assert.ok(isJsonObject(params));
  assert.deepEqual(params.files, {
    "config.toml": { p2p: { "external-address": "override.example.org:26656" } },
  });
});

test("a restarted sidecar on a steady node is marked ready again by a one-task plan", async () => {
  const name = "reapproved";
  await bringUp(name);
  const before = world.simulator.node(NAMESPACE, name).posts("mark-ready").length;
  world.simulator.node(NAMESPACE, name).sidecar.crash();
  await world.untilEvent(name, "SidecarReadinessLost");
  await world.untilEvent(name, "SidecarReadinessRestored");
  await world.untilReady(name);
  assert.equal(world.simulator.node(NAMESPACE, name).posts("mark-ready").length, before + 1);
  postsOnce(name);
});

test("a manager that is killed in the middle of an update is followed by one that ends it, nothing done twice", async () => {
  const name = "killed-manager";
  const own = await World.start();
  try {
    await own.createNode(name);
    await own.untilReady(name);
    const simulated = own.simulator.node(NAMESPACE, name);
    simulated.script("config-validate", { delayMs: 3_000 });
    await own.patchNode(name, { spec: { image: IMAGE_V2 } });
    await own.untilNode(
      name,
      "config-validate submitted",
      (node) =>
        (node.status?.plan?.tasks.find((task) => task.type === "config-validate")?.submittedAt ?? "") !== "",
    );
    await own.manager.kill();
    await own.startManager();
    await own.untilReady(name, IMAGE_V2);
    assert.deepEqual(
      [...simulated.postCounts.values()].filter((count) => count !== 1),
      [],
    );
  } finally {
    await own.stop();
  }
});
