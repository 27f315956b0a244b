/** Passes of a node whose names are taken: somebody else's object is left alone, and the node says at once what to do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNode } from "#api";
import { type KubeObject, keyOf } from "#kube";
import { apiError } from "../kube/testing/fake-client.ts";
import { nodeKey, PassWorld, type PassWorldOptions, running } from "./pass-world.ts";
import { rbacProxyConfigName } from "./render/names.ts";
import { seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

interface Taken {
  readonly kind: string;
  readonly name: string;
  readonly node: SeiNode;
  readonly options?: PassWorldOptions;
}

const bringUp = { statefulSet: null, pod: null, rollsOut: true };
const bootstrap = seiNode({
  fullNode: { snapshot: { s3: { targetHeight: 1000 }, bootstrapImage: "sei:v0" } },
});
const taken: readonly [situation: string, taken: Taken][] = [
  ["bootstrap Job", { kind: "Job", name: "rpc-0-bootstrap", node: bootstrap, options: bringUp }],
  ["bootstrap Service", { kind: "Service", name: "rpc-0", node: bootstrap, options: bringUp }],
  ["headless Service", { kind: "Service", name: "rpc-0", node: seiNode(), options: bringUp }],
  [
    "proxy ConfigMap",
    { kind: "ConfigMap", name: rbacProxyConfigName("rpc-0"), node: seiNode(), options: bringUp },
  ],
  ["headless Service of a Running node", { kind: "Service", name: "rpc-0", node: seiNode({}, running) }],
];

function objectOf({ kind, name }: Taken, owner: object, metadata: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind,
    metadata: {
      namespace: "sei",
      name,
      uid: "theirs",
      resourceVersion: "1",
      ownerReferences: [{ apiVersion: "v1", controller: true, ...owner }],
      ...metadata,
    },
  } as KubeObject;
}

const told = (world: PassWorld) =>
  ["Ready", "Reconciling", "Stalled"].map((type) => {
    const { status, reason, message } = world.condition(type);
    return { status, reason, message };
  });

for (const [situation, what] of taken) {
  test(`a ${situation} that belongs to somebody else is told at once: whose, since when, what to do`, async () => {
    const world = new PassWorld(what.node, what.options);
    const theirs = objectOf(what, { kind: "Deployment", name: "web", uid: "other" });
    world.kube.put(theirs);
    await world.elapse(5 * SECOND);
    const message =
      `${what.kind} ${what.name} exists, is controlled by Deployment web and was not made for this SeiNode; ` +
      "delete it or give the SeiNode another name";
    const since = /\(since (.+)\)$/.exec(world.condition("Stalled").message)?.[1] ?? "";
    assert.ok(Math.abs(Date.parse(since) - world.clock.now()) <= 5 * SECOND, since);
    assert.deepEqual(told(world), [
      { status: "False", reason: "ForeignObject", message },
      { status: "False", reason: "Settled", message: "" },
      { status: "True", reason: "ForeignObject", message: `${message} (since ${since})` },
    ]);
    assert.deepEqual(
      world.events.filter((event) => event.startsWith("NameTaken")),
      [`NameTaken: ${message}`],
    );
    const { statusWrites } = world;
    await world.elapse(10 * MINUTE);
    assert.equal(world.statusWrites, statusWrites, "it is told once");
    assert.deepEqual(world.kube.live(what.kind, keyOf(theirs)), theirs);
    assert.deepEqual(world.writes("delete"), []);

    world.kube.remove(what.kind, keyOf(theirs));
    await world.elapse(MINUTE);
    assert.equal(world.condition("Stalled").status, "False");
    assert.notEqual(world.condition("Ready").reason, "ForeignObject");
    assert.equal(world.kube.live(what.kind, keyOf(theirs)) !== undefined, true, "the node has its own now");
  });

  test(`a ${situation} left by the node's predecessor is waited for, and nobody is alarmed`, async () => {
    const world = new PassWorld(what.node, what.options);
    const theirs = objectOf(what, { kind: "SeiNode", name: "rpc-0", uid: "old" });
    world.kube.put(theirs);
    await world.elapse(MINUTE);
    assert.equal(world.condition("Stalled").status, "False");
    assert.deepEqual(world.kube.live(what.kind, keyOf(theirs)), theirs);
    world.kube.remove(what.kind, keyOf(theirs));
    await world.elapse(MINUTE);
    assert.equal(world.kube.live(what.kind, keyOf(theirs)) !== undefined, true);
  });
}

test("a foreign ConfigMap does not keep a Running node from getting its deleted Service back", async () => {
  const world = new PassWorld(seiNode({}, running));
  await world.elapse(SECOND);
  const name = rbacProxyConfigName("rpc-0");
  world.kube.put(
    objectOf({ kind: "ConfigMap", name, node: seiNode() }, { kind: "Deployment", name: "web", uid: "other" }),
  );
  world.kube.remove("Service", nodeKey);
  await world.elapse(MINUTE);
  assert.equal(world.condition("Ready").reason, "ForeignObject");
  assert.ok(world.kube.live("Service", nodeKey));
});

for (const refusal of ["invalid", "conflict"] as const) {
  test(`a foreign Service that no cache shows is told after one refused apply (${refusal}) and not applied to again`, async () => {
    const world = new PassWorld(seiNode({}, running));
    const service = { kind: "Service", name: "rpc-0", node: seiNode() };
    const theirs = objectOf(service, { kind: "Deployment", name: "web", uid: "other" });
    world.kube.put(theirs).cacheShows("Service", nodeKey, undefined);
    world.kube.failNext.set("apply Service", apiError(refusal, refusal === "invalid" ? 422 : 409));
    await world.elapse(5 * MINUTE);
    assert.equal(world.condition("Stalled").reason, "ForeignObject");
    assert.equal(world.writes("apply", "Service").length, 1);
    world.kube.remove("Service", nodeKey);
    await world.elapse(MINUTE);
    assert.equal(world.condition("Ready").status, "True");
  });
}

test("a refused apply of the node's own Service is told as what it is", async () => {
  const world = new PassWorld(seiNode({}, running));
  world.kube.failNext.set("apply Service", apiError("invalid", 422));
  await world.pass();
  assert.equal(world.condition("Ready").reason, "RequestRefused");
});
