import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNodeSpec } from "#api";
import { decidePlan } from "./planner.ts";
import { sidecarImage } from "./render/index.ts";
import { images, pod, seiNode, settings } from "./testing.ts";

const settled = {
  phase: "Running" as const,
  currentImage: images.seid,
  currentSidecarImage: images.sidecar,
  statefulSet: { name: "rpc-0", uid: "sts-uid" },
};

/** The plan of a node with this spec, as the platform's settings have it. */
function plan(spec: Partial<SeiNodeSpec>, status: object = {}, platform = settings) {
  const node = seiNode(spec, status);
  const decision = decidePlan({
    node,
    status,
    wanted: { seid: node.spec.image, sidecar: sidecarImage(node, platform) },
    pod: pod(),
    statefulSet: undefined,
    sidecarDead: false,
    reapprovalDue: false,
    applyDue: false,
    retryDue: true,
  });
  assert.ok(decision.action === "start");
  return { types: decision.tasks.map(({ type }) => type), message: decision.message };
}

const peers = [{ static: { addresses: [`${"a".repeat(40)}@peer:26656`] } }];
const s3 = { s3: { targetHeight: 7 } };
const modes: readonly [name: string, spec: Partial<SeiNodeSpec>][] = [
  ["a full node", { fullNode: {} }],
  ["a full node from a snapshot", { fullNode: { snapshot: { ...s3, bootstrapImage: "sei:v0" } }, peers }],
  ["an archive", { archive: {} }],
  [
    "an archive that publishes",
    { archive: { snapshotGeneration: { tendermint: { keepRecent: 2, publish: {} } } } },
  ],
  ["a replayer", { replayer: { snapshot: s3 }, peers }],
  ["a validator", { validator: {} }],
];

for (const [name, spec] of modes) {
  test(`the update of ${name} is the same seven tasks, and only updates patch the config`, () => {
    assert.deepEqual(plan({ ...spec, image: "sei:v2" }, settled).types, [
      "apply-statefulset",
      "apply-service",
      "config-patch",
      "config-validate",
      "replace-pod",
      "observe-image",
      "mark-ready",
    ]);
    const init = plan(spec).types;
    assert.ok(init.includes("config-apply"));
    assert.ok(!init.includes("config-patch"));
  });
}

test("another sidecar image is drift, be it the platform's default or the node's own", () => {
  const byDefault = plan({}, settled, { ...settings, sidecarImage: "seictl:v2" });
  const byOverride = plan({ sidecar: { image: "mine:v1" } }, settled);
  assert.deepEqual(byDefault.types, byOverride.types);
  assert.equal(byDefault.message, "sidecar image drift detected: spec=seictl:v2 current=seictl:v1");
  assert.equal(byOverride.message, "sidecar image drift detected: spec=mine:v1 current=seictl:v1");
});
