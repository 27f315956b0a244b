/** Passes over a validator that brings its own keys: what a missing and a broken Secret do to the node. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { observedStatefulSet, PassWorld, running } from "./pass-world.ts";
import { nodeKeyJson, secret, signingKeyJson } from "./tasks/keys/testing.ts";
import { pod, seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const validator = {
  signingKey: { secret: { secretName: "signing" } },
  nodeKey: { secret: { secretName: "node" } },
};
const signing = secret("signing", { "priv_validator_key.json": JSON.stringify(signingKeyJson) });
const broken = secret("signing", { "priv_validator_key.json": "{LEAK" });
const node = secret("node", { "node_key.json": JSON.stringify(nodeKeyJson) });

test("a malformed signing key fails the node with SigningKeyInvalid; sei.io/retry after its correction brings it up", async () => {
  const world = new PassWorld(seiNode({ validator }), {
    statefulSet: observedStatefulSet({ validator }),
  });
  world.kube.put(broken, node);
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Failed");
  assert.equal(world.plan()?.failedTaskDetail?.type, "validate-signing-key");
  assert.equal(world.condition("SigningKeyReady").reason, "SigningKeyInvalid");
  assert.equal(world.condition("Stalled").status, "True");
  assert.match(world.condition("Stalled").message, /priv_validator_key\.json.*sei\.io\/retry/);
  assert.doesNotMatch(JSON.stringify([world.status(), world.events]), /LEAK/);
  assert.deepEqual(world.sidecar.posts, []);

  world.kube.put(signing);
  world.edit({ annotations: { "sei.io/retry": "1" } });
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Running");
  assert.equal(world.condition("SigningKeyReady").reason, "SigningKeyValidated");
});

test("an update whose key went missing touches no pod until the key is back", async () => {
  const world = new PassWorld(seiNode({ validator, image: "sei:v2" }, running), {
    rollsOut: true,
    pod: pod(),
    statefulSet: observedStatefulSet({ validator }),
  });
  world.kube.put(signing);
  await world.elapse(10 * MINUTE);
  assert.equal(world.condition("NodeKeyReady").reason, "NodeKeyNotReady");
  assert.equal(world.writes("delete", "Pod").length, 0);
  assert.deepEqual(world.sidecar.posts, []);
  world.kube.put(node);
  await world.elapse(MINUTE);
  assert.equal(world.status().currentImage, "sei:v2");
  assert.equal(world.writes("delete", "Pod").length, 1);
});

test("an update whose key is malformed fails, is kept and shown, and comes through once the key is corrected", async () => {
  const world = new PassWorld(seiNode({ validator, image: "sei:v2" }, running), {
    rollsOut: true,
    pod: pod(),
    statefulSet: observedStatefulSet({ validator }),
  });
  world.kube.put(broken, node);
  await world.elapse(10 * SECOND);
  assert.equal(world.status().phase, "Running");
  assert.equal(world.plan()?.phase, "Failed");
  assert.equal(world.condition("NodeUpdateInProgress").reason, "UpdateFailed");
  assert.equal(world.writes("delete", "Pod").length, 0);
  world.kube.put(signing);
  await world.elapse(15 * MINUTE);
  assert.equal(world.status().currentImage, "sei:v2");
});

test("a signing key that is taken out of the spec while it is waited for holds nothing up", async () => {
  const world = new PassWorld(seiNode({ validator }), {
    rollsOut: true,
    statefulSet: observedStatefulSet({ validator }),
  });
  await world.elapse(MINUTE);
  assert.equal(world.condition("SigningKeyReady").reason, "SigningKeyNotReady");
  world.edit({ spec: { validator: {} } });
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Running");
  const types = (world.status().conditions ?? []).map(({ type }) => type);
  assert.ok(!types.includes("SigningKeyReady"), types.join(" "));
});

test("a Secret that does not come within five minutes stalls the node by its name, and no longer once it is there", async () => {
  const world = new PassWorld(seiNode({ validator }), {
    statefulSet: observedStatefulSet({ validator }),
  });
  await world.elapse(4 * MINUTE);
  assert.equal(world.condition("Stalled").status, "False");
  await world.elapse(2 * MINUTE);
  assert.equal(world.condition("Stalled").status, "True");
  assert.equal(world.condition("Stalled").reason, "SigningKeyNotReady");
  assert.match(world.condition("Stalled").message, /^Secret signing does not exist; create it .*\(since /);
  world.kube.put(signing, node);
  await world.elapse(MINUTE);
  assert.equal(world.condition("Stalled").status, "False");
  assert.equal(world.status().phase, "Running");
});

test("a condition that a key left behind stalls nothing once no plan waits for it", async () => {
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  const stale = { type: "NodeKeyReady", status: "False" as const, reason: "NodeKeyNotReady", message: "" };
  const status = { ...running, conditions: [{ ...stale, lastTransitionTime }] };
  const world = new PassWorld(seiNode({ validator: {} }, status), {
    statefulSet: observedStatefulSet({ validator: {} }),
  });
  await world.elapse(10 * MINUTE);
  assert.equal(world.condition("Stalled").status, "False");
});
