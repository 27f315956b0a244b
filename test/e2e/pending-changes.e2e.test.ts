/** Edits of a Running node that take effect only later: told, applied when asked for, and cleared (design D23). */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { SeiNode } from "#api";
import { type DeepReadonly, pods } from "#kube";
import { kubectl } from "../harness/kubectl.ts";
import { endWorld } from "../harness/manners.ts";
import { untilMetrics } from "../harness/metrics.ts";
import { condition, IMAGE_V2, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const simulated = (name: string) => world.simulator.node(NAMESPACE, name);
const pendingOf = (node: DeepReadonly<SeiNode>) => condition(node, "PendingChanges");

const untilPending = (name: string, message: RegExp) =>
  world.untilNode(name, `pending: ${message}`, (node) => {
    const pending = pendingOf(node);
    return pending?.status === "True" && message.test(pending.message);
  });

const untilNothingPending = (name: string) =>
  world.untilNode(
    name,
    "settled with nothing pending",
    (node) =>
      pendingOf(node)?.status === "False" &&
      condition(node, "Ready")?.status === "True" &&
      node.status?.observedGeneration === node.metadata.generation,
  );

const applyConfig = (name: string, value: string) =>
  kubectl(world, ["annotate", "--overwrite", "seinode", name, `sei.io/apply-config=${value}`]);

const seidRestarts = (name: string) =>
  world.pod(name)?.status?.containerStatuses?.find((status) => status.name === "seid")?.restartCount;

describe("pending changes", { concurrency: 4 }, () => {
  test("D23: edited overrides are told, applied by sei.io/apply-config with one restart of seid in its pod, and then cleared", async () => {
    const name = "overrides";
    await world.createNode(name, { overrides: { "mempool.size": "5000" } });
    const born = await untilNothingPending(name);
    assert.ok(born.status?.applied?.config?.keys["mempool.size"]);
    const pod = world.pod(name)?.metadata.uid;

    await world.patchNode(name, { spec: { overrides: { "mempool.size": "7777" } } });
    const pending = await untilPending(name, /^overrides \(mempool\.size\) .*sei\.io\/apply-config/);
    assert.doesNotMatch(pendingOf(pending)?.message ?? "", /7777/);
    assert.equal(condition(pending, "Ready")?.status, "True");

    await applyConfig(name, "1");
    const applied = await untilNothingPending(name);
    assert.equal(applied.status?.observedApplyConfig, "1");
    const [, apply, ...more] = simulated(name).posts("config-apply");
    assert.deepEqual(more, []);
    assert.partialDeepStrictEqual(apply?.params, {
      incremental: true,
      overrides: { "mempool.size": "7777" },
    });
    assert.equal(simulated(name).posts("restart-seid").length, 1);
    assert.equal(simulated(name).posts("mark-ready").length, 1, "the gate stayed open");
    await world.until(
      world.pods,
      { namespace: NAMESPACE, name: `${name}-0` },
      "restart counted",
      () => seidRestarts(name) === 1,
    );
    assert.equal(world.pod(name)?.metadata.uid, pod);
    await world.untilEvent(name, "ConfigApplied");
    await untilMetrics(
      world.manager.metricsUrl,
      "D13: the plan is counted under its kind",
      (metrics) =>
        metrics.sum("sei_controller_plan_duration_seconds_count", {
          plan_type: "apply-config",
          outcome: "complete",
        }) >= 1,
    );
  });

  test("D23: edited resources and labels are told until a pod with them is there", async () => {
    const name = "pod-fields";
    await world.createNode(name);
    await untilNothingPending(name);
    const old = world.pod(name)?.metadata.uid;
    await world.patchNode(name, {
      spec: { podLabels: { team: "core" }, sidecar: { resources: { requests: { memory: "1024Mi" } } } },
    });
    const pending = await untilPending(name, /^podLabels, sidecar\.resources .*delete pod pod-fields-0/);
    assert.equal(pendingOf(pending)?.reason, "PodPending");
    assert.equal(world.pod(name)?.metadata.uid, old, "no pod is replaced for it");

    await world.rest.delete(pods, { namespace: NAMESPACE, name: `${name}-0` });
    await untilNothingPending(name);
    assert.notEqual(world.pod(name)?.metadata.uid, old);
    assert.equal(world.pod(name)?.metadata.labels?.team, "core");
    assert.equal(simulated(name).posts("restart-seid").length, 0);
  });

  test("D23: a validator that is given an operator keyring says that its pod does not have it yet", async () => {
    const name = "late-keyring";
    await world.createNode(name, { validator: {} });
    await untilNothingPending(name);
    const passphraseSecretRef = { secretName: "late-passphrase", key: "passphrase" };
    const operatorKeyring = { secret: { secretName: "late-keyring-data", passphraseSecretRef } };
    await world.patchNode(name, { spec: { validator: { operatorKeyring } } });
    await untilPending(name, /^validator\.operatorKeyring /);
    await world.patchNode(name, { spec: { validator: { operatorKeyring: null } } });
    await untilNothingPending(name);
  });

  test("D23, D8: a bad override fails the plan with its name and leaves seid alone; corrected and asked for again it is applied", async () => {
    const name = "bad-key";
    await world.createNode(name);
    await untilNothingPending(name);
    await world.patchNode(name, {
      spec: { overrides: { "mempool.sise": "1" } },
      metadata: { annotations: { "sei.io/apply-config": "1" } },
    });
    const failed = await world.untilNode(name, "failed", ({ status }) => status?.plan?.phase === "Failed");
    assert.equal(failed.status?.phase, "Running");
    await world.untilNode(name, "told", (node) =>
      /mempool\.sise.*mempool\.size/.test(condition(node, "Stalled")?.message ?? ""),
    );
    await world.untilEvent(name, "ConfigApplyFailed");
    assert.equal(simulated(name).posts("restart-seid").length, 0);

    await world.patchNode(name, { spec: { overrides: { "mempool.sise": null, "mempool.size": "1" } } });
    await world.untilNode(
      name,
      "Ready again, the edit pending",
      (node) => condition(node, "Ready")?.status === "True" && pendingOf(node)?.status === "True",
    );
    await applyConfig(name, "2");
    await untilNothingPending(name);
    assert.equal(simulated(name).posts("restart-seid").length, 1);
  });

  test("D23: an image update that comes in the middle goes first, and what was asked for is done after it", async () => {
    const name = "outrun";
    await world.createNode(name);
    await untilNothingPending(name);
    simulated(name).script("config-validate", { hang: true });
    await world.patchNode(name, {
      spec: { overrides: { "mempool.size": "1" } },
      metadata: { annotations: { "sei.io/apply-config": "1" } },
    });
    await world.untilNode(name, "config-validate runs", ({ status }) =>
      (status?.plan?.tasks ?? []).some((task) => task.type === "config-validate" && task.submittedAt),
    );
    simulated(name).script("config-validate");
    await world.patchNode(name, { spec: { image: IMAGE_V2 } });
    await world.untilReady(name, IMAGE_V2);
    await untilNothingPending(name);
    await world.untilEvent(name, "ConfigApplySuperseded");
    assert.equal(simulated(name).posts("restart-seid").length, 1);
    assert.equal(world.nodes.get({ namespace: NAMESPACE, name })?.status?.observedApplyConfig, "1");
  });
});

test("D23: a controller that is killed while seid is being restarted does not restart it twice", async () => {
  const name = "killed";
  await world.createNode(name, { overrides: { "mempool.size": "1" } });
  await untilNothingPending(name);
  simulated(name).seid.configure({ startDelayMs: 3_000 });
  await world.patchNode(name, {
    spec: { overrides: { "mempool.size": "2" } },
    metadata: { annotations: { "sei.io/apply-config": "1" } },
  });
  await world.untilNode(name, "restart-seid runs", () => simulated(name).posts("restart-seid").length === 1);
  await world.manager.kill();
  await world.startManager();
  await untilNothingPending(name);
  assert.equal(simulated(name).posts("restart-seid").length, 1);
  assert.equal(seidRestarts(name), 1);
});
