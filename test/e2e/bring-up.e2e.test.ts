import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { endWorld } from "../harness/manners.ts";
import { condition, IMAGE_V1, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const peer = `${"0123456789".repeat(4)}@peer.example.org:26656`;

const modes: readonly [name: string, spec: Parameters<World["createNode"]>[1], posts: string][] = [
  ["block-sync", {}, "configure-genesis config-apply config-validate mark-ready"],
  [
    "state-sync",
    { peers: [{ static: { addresses: [peer] } }], fullNode: { snapshot: { stateSync: {} } } },
    "configure-genesis config-apply discover-peers configure-state-sync config-validate mark-ready",
  ],
  [
    "s3-snapshot",
    { peers: [{ static: { addresses: [peer] } }], fullNode: { snapshot: { s3: { targetHeight: 1000 } } } },
    "snapshot-restore configure-genesis config-apply discover-peers configure-state-sync config-validate mark-ready",
  ],
  [
    "archive",
    { archive: { snapshotGeneration: { tendermint: { keepRecent: 2, publish: {} } } } },
    "configure-genesis config-apply config-validate snapshot-upload mark-ready",
  ],
];

for (const [name, spec, posts] of modes) {
  test(`a node with ${name} comes up Ready, each sidecar task posted exactly once and in order`, async () => {
    await world.createNode(name, spec);
    const node = await world.untilReady(name);
    assert.equal(node.status?.phase, "Running");
    assert.equal(node.status?.currentImage, IMAGE_V1);
    assert.equal(node.status?.plan, undefined);
    const simulated = world.simulator.node(NAMESPACE, name);
    assert.deepEqual(
      simulated.posts().map((post) => post.type),
      posts.split(" "),
    );
    assert.deepEqual(
      [...simulated.postCounts.values()].filter((count) => count !== 1),
      [],
    );
  });
}

test("D21: no update plan follows a bring-up, because the pod itself proved its images", async () => {
  await world.createNode("observed");
  const node = await world.untilReady("observed");
  assert.equal(condition(node, "NodeUpdateInProgress")?.reason, "NotStarted");
  assert.deepEqual(world.simulator.node(NAMESPACE, "observed").posts("config-patch"), []);
});
