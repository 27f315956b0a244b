/** A sidecar's proxy refuses the controller. In a world of its own: here the log may tell of a 403. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { condition, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world?.stop());

test("a sidecar that does not let us in is told with the grant that is missing, and is no dead sidecar", async () => {
  const cure = world.simulator
    .node(NAMESPACE, "forbidden")
    .fault({ kind: "status", status: 403, body: "Forbidden" }, { path: "/v0/tasks" });
  await world.createNode("forbidden");
  const node = await world.untilNode("forbidden", "tells", (n) =>
    /seinodetasks/.test(condition(n, "Reconciling")?.message ?? ""),
  );
  assert.equal(node.status?.phase, "Initializing");
  cure();
  await world.untilReady("forbidden");
});
