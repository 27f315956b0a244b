/** A new leader whose caches stand still at an older moment of a history that has long come to its end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type SeiNodeDeploymentSpec, seiNodeDeployments, seiNodes } from "#api";
import type { KubeObject } from "#kube";
import { GroupWorld, groupKey } from "./group-world.ts";
import { groupSpec, V1, V2, V3, validators } from "./testing.ts";

const NAMES = Array.from({ length: 5 }, (_, ordinal) => `rpc-${ordinal}`);

type Shown = KubeObject | undefined;

const set = (world: GroupWorld, fields: Partial<SeiNodeDeploymentSpec>) =>
  world.edit((spec) => Object.assign(spec, fields));
const setImage = (world: GroupWorld, image: string) =>
  world.edit((spec) => Object.assign(spec.template.spec, { image }));

/** Everything that was, as a cache may show it. */
interface Moment {
  readonly group: Shown;
  readonly nodes: ReadonlyMap<string, Shown>;
}

const look = ({ kube }: GroupWorld): Moment => ({
  group: kube.live(seiNodeDeployments.kind, groupKey),
  nodes: new Map(NAMES.map((name) => [name, kube.live(seiNodes.kind, { namespace: "sei", name })])),
});

/** `show`: what stands still. */
function freeze({ kube }: GroupWorld, { group, nodes }: Moment, show: "group" | "nodes" | "both"): void {
  if (show !== "nodes") kube.cacheShows(seiNodeDeployments.kind, groupKey, group);
  if (show === "group") return;
  for (const [name, node] of nodes) kube.cacheShows(seiNodes.kind, { namespace: "sei", name }, node);
}

/** Lets the group come to rest, noting what it looks like after each pass and each step of its nodes. */
async function live(world: GroupWorld, moments: Moment[]): Promise<void> {
  for (let idle = 0; idle < 2; ) {
    const { changedStatus, requeueAfterMs = 0 } = await world.pass();
    moments.push(look(world));
    await world.clock.advance(Math.min(requeueAfterMs, 1_000));
    const moved = world.nodes().filter((node) => world.settle(node.metadata.name)).length;
    moments.push(look(world));
    idle = changedStatus || moved > 0 ? 0 : idle + 1;
  }
}

const HISTORY: readonly ((world: GroupWorld) => void)[] = [
  () => {},
  (world) => setImage(world, V2),
  (world) => set(world, { replicas: 5 }),
  (world) => set(world, { paused: true }),
  (world) => set(world, { paused: false }),
  (world) => setImage(world, V3),
  (world) => setImage(world, V1),
  (world) => set(world, { replicas: 4 }),
  (world) => setImage(world, V2),
];

for (const show of ["group", "nodes", "both"] as const) {
  const what = { group: "the group", nodes: "its nodes", both: "the group and its nodes" }[show];
  test(`a new leader whose cache shows an older state of ${what} changes nothing`, async () => {
    const world = new GroupWorld(groupSpec());
    const moments: Moment[] = [];
    for (const change of HISTORY) {
      change(world);
      moments.push(look(world));
      await live(world, moments);
    }
    assert.ok(moments.length > 40, `only ${moments.length} moments`);
    const now = look(world);
    for (const [index, moment] of moments.entries()) {
      world.restart();
      freeze(world, moment, show);
      for (let passes = 0; passes < 3; passes++) await world.pass();
      freeze(world, now, "both");
      const after = look(world);
      assert.deepEqual(meaning(after), meaning(now), `moment ${index} of ${moments.length}`);
    }
  });
}

/** Without what an apply that changes nothing moves. */
function meaning({ group, nodes }: Moment): unknown {
  return [group, ...nodes.values()].map((object) => {
    if (object === undefined) return undefined;
    const { resourceVersion: _, ...metadata } = object.metadata;
    return { ...object, metadata };
  });
}

test("a group that is gone, of which the cache does not know, is not touched, nor are the nodes of its successor", async () => {
  const world = new GroupWorld(groupSpec());
  await world.converge();
  const gone = look(world);
  world.kube.remove(seiNodeDeployments.kind, groupKey);
  for (const name of NAMES) world.removeNode(name);
  world.restart();
  freeze(world, gone, "both");
  const before = world.kube.writes.length;
  for (let passes = 0; passes < 3; passes++) await world.pass();
  assert.deepEqual(world.kube.writes.slice(before), []);
});

test("a node that the cache does not show yet keeps the peers that its ceremony gave it", async () => {
  const genesis = { chainId: "devnet-1", stakingAmount: "1usei", accountBalance: "1usei" };
  const world = new GroupWorld(validators({ genesis, template: { chainId: "devnet-1" } }));
  await world.pass();
  const unborn = look(new GroupWorld(groupSpec()));
  await world.converge();
  const { peers } = world.node("rpc-1").spec;
  assert.ok(peers !== undefined && peers.length > 0);
  world.restart();
  freeze(world, unborn, "nodes");
  for (let passes = 0; passes < 3; passes++) await world.pass();
  assert.deepEqual(world.node("rpc-1").spec.peers, peers);
});

test("a node that was moved in mid-rollout is not made anew on the old image by a leader that does not see it yet", async () => {
  const world = new GroupWorld(groupSpec());
  await world.converge();
  setImage(world, V2);
  await world.pass();
  await world.pass();
  assert.deepEqual(world.images(), [V2, V1, V1]);
  world.setGroupStatus((status) => {
    // As of an operator that counts no waves.
    for (const node of status.rollout?.nodes ?? []) delete node.wave;
  });
  world.restart();
  world.kube.cacheShows(seiNodes.kind, { namespace: "sei", name: "rpc-0" }, undefined);
  await world.pass();
  assert.deepEqual(world.images(), [V2, V1, V1]);
});
