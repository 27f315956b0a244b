/** The API as people meet it: explain, get, wait, and the samples that we ship. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { persistentVolumeClaims } from "#kube";
import { kubectl } from "../harness/kubectl.ts";
import { endWorld } from "../harness/manners.ts";
import { NAMESPACE, World } from "../harness/world.ts";

const SAMPLES = fileURLToPath(new URL("../../config/samples/", import.meta.url));
const RELEASE = "ghcr.io/sei-protocol/sei:v6.3.0";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const run = (...args: string[]) => kubectl(world, args);

test("kubectl explain describes the spec, its modes and the fields below them", async () => {
  const spec = await run("explain", "seinode.spec");
  assert.match(spec, /KIND: +SeiNode/);
  assert.match(spec, /GROUP: +sei\.io/);
  assert.match(spec, /The node you want\. Set exactly one mode/);
  for (const field of [
    "chainId",
    "image",
    "fullNode",
    "archive",
    "validator",
    "replayer",
    "paused",
    "overrides",
  ]) {
    assert.match(spec, new RegExp(`^ {2}${field}\\s+<`, "m"), field);
  }
  assert.doesNotMatch(spec, /<no description>|<empty>/);
  const nested = await run("explain", "snode.spec.fullNode.snapshot.s3.targetHeight");
  assert.match(nested, /FIELD: targetHeight <integer>/);
  assert.doesNotMatch(nested, /<no description>|<empty>/);
});

test("kubectl wait returns when the node is Ready, and get shows phase and age, with -o wide its StatefulSet", async () => {
  await world.createNode("shown");
  const said = await run("wait", "--for=condition=Ready", "snode/shown", "--timeout=60s");
  assert.match(said, /seinode\.sei\.io\/shown condition met/);
  assert.deepEqual(columns(await run("get", "snode", "shown")), ["NAME", "PHASE", "AGE"]);
  const [header = "", row = ""] = (await run("get", "snode", "shown", "-o", "wide")).split("\n");
  assert.deepEqual(columns(header), ["NAME", "PHASE", "STATEFULSET", "AGE"]);
  assert.match(row, /^shown +Running +shown +\d+m?s? *$/);
});

test("what the schema cannot accept is refused with a reason, before it becomes an object", async () => {
  const refused = async (spec: object) => {
    const input = JSON.stringify({
      apiVersion: "sei.io/v1alpha1",
      kind: "SeiNode",
      metadata: { name: "refused", namespace: NAMESPACE },
      spec,
    });
    const { code, stderr } = await world.controlPlane.kubectl(["create", "-f", "-"], { input });
    assert.equal(code, 1);
    return stderr;
  };
  const base = { chainId: "pacific-1", image: "sei:v1" };
  assert.match(await refused({ ...base, fullNode: {}, archive: {} }), /exactly one/);
  assert.match(await refused({ ...base }), /exactly one/);
  assert.match(await refused({ ...base, chainId: "Pacific_1", fullNode: {} }), /spec\.chainId/);
  assert.match(await refused({ chainId: "pacific-1", fullNode: {} }), /spec\.image: Required/);
});

test("the full node sample applies and comes up", async () => {
  await run("apply", "-f", join(SAMPLES, "full-node-state-sync.yaml"));
  const node = await world.untilReady("pacific-full", RELEASE);
  assert.deepEqual(
    world.simulator
      .node(NAMESPACE, "pacific-full")
      .posts()
      .map(({ type }) => type),
    [
      "configure-genesis",
      "config-apply",
      "discover-peers",
      "configure-state-sync",
      "config-validate",
      "mark-ready",
    ],
  );
  // Applied again, nothing changes.
  assert.match(await run("apply", "-f", join(SAMPLES, "full-node-state-sync.yaml")), /unchanged/);
  assert.equal(
    world.nodes.get({ namespace: NAMESPACE, name: "pacific-full" })?.metadata.generation,
    node.metadata.generation,
  );
});

test("the archive sample applies and comes up on the volume that it names", async () => {
  const name = "pacific-archive-history";
  await world.rest.create(persistentVolumeClaims, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: NAMESPACE },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "20Gi" } } },
  } as never);
  await run("apply", "-f", join(SAMPLES, "archive.yaml"));
  await world.untilReady("pacific-archive", RELEASE);
  const volumes = world.pod("pacific-archive")?.spec?.volumes ?? [];
  assert.ok(volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === name));
});

/** The words of a table's header. */
function columns(table: string): string[] {
  return (table.split("\n")[0] ?? "").split(/\s{2,}/).filter((word) => word !== "");
}
