import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world?.stop());

test("a full node comes up: Running, Ready, images observed, no sidecar task posted twice", async () => {
  await world.createNode("full-a");
  const node = await world.untilReady("full-a");
  assert.equal(node.status?.phase, "Running");
  console.log(JSON.stringify(node.status, null, 1));
  console.log((await world.audit()).map((r) => `${r.at} ${r.verb} ${r.resource} ${r.name} ${r.code}`).join("\n"));
  console.log((await world.manager.log()).slice(-6000));
  assert.deepEqual([...world.simulator.node("sei", "full-a").postCounts.values()].filter((n) => n !== 1), []);
});
