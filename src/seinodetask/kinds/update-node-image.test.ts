import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeiNode, SeiNodeDeployment } from "#api";
import { apiError } from "../../kube/testing/fake-client.ts";
import { nodeKey, nodePod, seiNode, seiNodeTask, TaskWorld, taskKey, world } from "../testing.ts";

const groupKey = { namespace: "sei", name: "rpc" };

function group(image: string, metadata: object = {}): SeiNodeDeployment {
  return {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNodeDeployment",
    metadata: { ...groupKey, uid: "snd-uid", resourceVersion: "1", ...metadata },
    spec: {
      replicas: 1,
      updateStrategy: { type: "InPlace" },
      template: { spec: { chainId: "pacific-1", image, fullNode: {} } },
    },
  } as SeiNodeDeployment;
}

function child(owner: object = {}): SeiNode {
  const node = seiNode();
  const reference = { apiVersion: "sei.io/v1alpha1", kind: "SeiNodeDeployment", name: "rpc", uid: "snd-uid" };
  node.metadata.ownerReferences = [{ ...reference, controller: true, ...owner }];
  return node;
}

test("16.8: sets spec.image and nothing else, then is complete only when currentImage is the image", async () => {
  const w = world("UpdateNodeImage");
  await w.passes(2);
  assert.deepEqual(
    w.imageWrites.map(({ body, options }) => ({ body, options })),
    [
      {
        body: {
          apiVersion: "sei.io/v1alpha1",
          kind: "SeiNode",
          metadata: { ...nodeKey, uid: "node-uid" },
          spec: { image: "sei:v2" },
        },
        options: { fieldManager: "seinode-task-controller", force: true },
      },
    ],
  );
  await w.passes(3);
  assert.equal(w.status.phase, "Running");
  assert.equal(w.message("Reconciling"), 'waiting for SeiNode "rpc-0" to run sei:v2');
  w.changeNode({ status: { currentImage: "sei:v2" } });
  await w.pass();
  assert.equal(w.status.phase, "Complete");
  assert.deepEqual(w.status.outputs, { updateNodeImage: { appliedImage: "sei:v2" } });
  assert.equal(w.imageWrites.length, 1);
});

test("a node that has the image already is complete without a write", async () => {
  const w = new TaskWorld(
    seiNodeTask("UpdateNodeImage"),
    seiNode({ image: "sei:v2" }, { currentImage: "sei:v2" }),
  );
  await w.passes(2);
  assert.equal(w.status.phase, "Complete");
  assert.ok(w.status.task?.submittedAt);
  assert.equal(w.imageWrites.length, 0);
});

test("14.8: an outdated cache that shows the image does not complete the task", async () => {
  const w = world("UpdateNodeImage");
  await w.passes(2);
  const stale = structuredClone(w.node);
  w.kube.cacheShows("SeiNode", nodeKey, {
    ...stale,
    status: { ...stale.status, currentImage: "sei:v2" },
  } as SeiNode);
  await w.pass();
  assert.equal(w.status.phase, "Running");
});

test("16.8: a node that is gone live when its image is to be set is terminal", async () => {
  const w = world("UpdateNodeImage");
  await w.pass();
  const { node } = w;
  w.kube.remove("SeiNode", nodeKey).cacheShows("SeiNode", nodeKey, node);
  await w.pass();
  assert.equal(w.condition("Failed"), "True/TaskTerminalError");
  assert.equal(w.status.task?.status, "Failed");
});

test("a crash between the write and its record writes nothing twice", async () => {
  const w = world("UpdateNodeImage");
  await w.pass();
  w.kube.failNext.set("mergePatch SeiNodeTask", apiError("transient", 503));
  assert.ok((await w.pass()).error);
  w.restart();
  await w.pass();
  assert.ok(w.status.task?.submittedAt);
  assert.equal(w.imageWrites.length, 1);
});

test("an image that the API server refuses is terminal; one it cannot take now is tried again", async () => {
  const w = world("UpdateNodeImage");
  await w.pass();
  w.kube.failNext.set("apply SeiNode", apiError("transient", 503));
  await w.pass();
  assert.equal(w.status.phase, "Running");
  w.kube.failNext.set("apply SeiNode", apiError("invalid", 422));
  await w.pass();
  assert.equal(w.condition("Failed"), "True/TaskTerminalError");
});

test("somebody who sets the image back afterwards wins, and the task says so", async () => {
  const w = world("UpdateNodeImage");
  await w.passes(2);
  w.changeNode({ spec: { image: "sei:v1" } });
  await w.passes(5);
  assert.equal(w.node.spec.image, "sei:v1");
  assert.equal(w.imageWrites.length, 1);
  assert.match(w.message("Reconciling"), /spec\.image was set to sei:v1 meanwhile/);
});

describe("a node of a SeiNodeDeployment whose template has another image", () => {
  const owned = () => new TaskWorld(seiNodeTask("UpdateNodeImage"), child(), nodePod(), group("sei:v1"));

  test("is not written: condition and one Warning event say who would undo it and what to do instead", async () => {
    const w = owned();
    await w.passes(6);
    assert.equal(w.imageWrites.length, 0);
    assert.equal(w.condition("OwnerWillRevert"), "True/TemplateImageDiffers");
    assert.equal(w.condition("Reconciling"), "True/HeldByOwner");
    const text =
      'SeiNodeDeployment "rpc" owns SeiNode "rpc-0" and would set its image back to sei:v1; set spec.template.spec.image of the SeiNodeDeployment to sei:v2 instead, then this task goes on';
    assert.equal(w.message("OwnerWillRevert"), text);
    assert.equal(w.message("Reconciling"), text);
    assert.deepEqual(w.events, [`OwnerWillRevert: ${text}`]);
    assert.equal(w.statusWrites, 2, "told once");
  });

  test("is written once the template has the image, and the condition clears", async () => {
    const w = owned();
    await w.passes(3);
    w.kube.put(group("sei:v2"));
    await w.pass();
    assert.equal(w.imageWrites.length, 1);
    assert.equal(w.condition("OwnerWillRevert"), "False/TemplateImageMatches");
    w.changeNode({ status: { currentImage: "sei:v2" } });
    await w.pass();
    assert.equal(w.status.phase, "Complete");
  });

  test("ends by its time limit like everything else, saying why", async () => {
    const w = new TaskWorld(
      seiNodeTask("UpdateNodeImage", { timeoutSeconds: 60 }),
      child(),
      nodePod(),
      group("sei:v1"),
    );
    await w.end(70_000);
    assert.equal(w.condition("Failed"), "True/Timeout");
    assert.match(w.message("Failed"), /SeiNodeDeployment "rpc" owns SeiNode/);
    assert.equal(w.imageWrites.length, 0);
  });

  test("whose owner takes it over after the write is told, and not fought over", async () => {
    const w = world("UpdateNodeImage");
    await w.passes(2);
    w.kube.put(group("sei:v1"));
    w.kube.put({ ...child(), spec: { ...child().spec, image: "sei:v1" } } as SeiNode);
    await w.passes(3);
    assert.equal(w.condition("OwnerWillRevert"), "True/TemplateImageDiffers");
    assert.equal(w.imageWrites.length, 1);
    assert.equal(w.events.length, 1);
  });

  test("is written when nobody would undo it: no such group, another one of its name, one that is being deleted, no controller", async () => {
    const free: readonly (readonly [string, SeiNode, SeiNodeDeployment | undefined])[] = [
      ["gone", child(), undefined],
      ["another uid", child(), group("sei:v1", { uid: "other" })],
      ["deleted", child(), group("sei:v1", { deletionTimestamp: "2026-01-01T00:00:00Z" })],
      ["no controller", child({ controller: false }), group("sei:v1")],
      ["another group's kind", child({ apiVersion: "example.org/v1" }), group("sei:v1")],
    ];
    for (const [situation, node, owner] of free) {
      const w = new TaskWorld(seiNodeTask("UpdateNodeImage"), node, ...(owner ? [owner] : []));
      await w.passes(2);
      assert.equal(w.imageWrites.length, 1, situation);
      assert.equal(w.condition("OwnerWillRevert"), "", situation);
    }
  });
});

test("the task is read live before the write", async () => {
  const w = world("UpdateNodeImage");
  await w.pass();
  const held = structuredClone(w.task);
  w.editTask({ ttlSecondsAfterFinished: 5 });
  w.kube.cacheShows("SeiNodeTask", taskKey, held);
  assert.deepEqual(await w.pass(), { requeueAfterMs: 100 });
  assert.equal(w.imageWrites.length, 0);
});
