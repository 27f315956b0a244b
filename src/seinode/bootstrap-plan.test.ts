import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeiNodeSpec, SeiNodeStatus, TaskPlan } from "#api";
import { buildPlan, type TaskSpec } from "#plan";
import {
  bootstrapTasks,
  isBootstrapping,
  isHeldForBootstrap,
  leavesBootstrapJob,
  needsBootstrap,
} from "./bootstrap-plan.ts";
import { initTasks } from "./init-plan.ts";
import { seiNode } from "./testing.ts";

const snapshot = { s3: { targetHeight: 7 }, bootstrapImage: "sei:v0" };
const spec: Partial<SeiNodeSpec> = { fullNode: { snapshot } };
const peers = [{ static: { addresses: ["0123456789012345678901234567890123456789@peer:26656"] } }];
const typesOf = (tasks: readonly TaskSpec[]) => tasks.map(({ type }) => type).join(" ");
const head = "ensure-data-pvc apply-rbac-proxy-config";

function plan(tasks: readonly TaskSpec[], done: number, phase: TaskPlan["phase"] = "Active"): TaskPlan {
  const built = buildPlan({ id: "p", tasks, failedPhase: "Failed" });
  built.phase = phase;
  built.tasks.forEach((task, index) => {
    if (index < done) task.status = "Complete";
  });
  return built;
}

describe("the bootstrap plan", () => {
  const orders: readonly [string, Partial<SeiNodeSpec>, TaskSpec[], string][] = [
    [
      "without peers",
      spec,
      [],
      `${head} deploy-bootstrap-service deploy-bootstrap-job snapshot-restore configure-genesis config-apply ` +
        "configure-state-sync config-validate mark-ready await-bootstrap-complete teardown-bootstrap " +
        "apply-statefulset apply-service configure-genesis config-apply config-validate mark-ready",
    ],
    [
      "with peers and published snapshots",
      {
        peers,
        fullNode: { snapshot, snapshotGeneration: { tendermint: { keepRecent: 2, publish: {} } } },
      },
      [],
      `${head} deploy-bootstrap-service deploy-bootstrap-job snapshot-restore configure-genesis config-apply ` +
        "discover-peers configure-state-sync config-validate mark-ready await-bootstrap-complete " +
        "teardown-bootstrap apply-statefulset apply-service configure-genesis config-apply discover-peers " +
        "config-validate snapshot-upload mark-ready",
    ],
    [
      "of a validator, with the checks of its keys before the Job",
      { validator: { snapshot } },
      [{ type: "validate-signing-key" }, { type: "validate-node-key" }],
      `${head} validate-signing-key validate-node-key deploy-bootstrap-service deploy-bootstrap-job ` +
        "snapshot-restore configure-genesis config-apply configure-state-sync config-validate mark-ready " +
        "await-bootstrap-complete teardown-bootstrap apply-statefulset apply-service configure-genesis " +
        "config-apply config-validate mark-ready",
    ],
  ];
  for (const [name, given, gates, order] of orders) {
    test(`has the tasks of section 4.4 in order ${name}`, () => {
      assert.equal(typesOf(bootstrapTasks(seiNode(given), {}, gates)), order);
    });
  }

  test("carries the params of section 4.6", () => {
    const params = (type: string) =>
      bootstrapTasks(seiNode(spec), {}, []).find((t) => t.type === type)?.params;
    const jobName = "rpc-0-bootstrap";
    assert.deepEqual(params("deploy-bootstrap-service"), { serviceName: "rpc-0", namespace: "sei" });
    assert.deepEqual(params("deploy-bootstrap-job"), { jobName, namespace: "sei" });
    assert.deepEqual(params("await-bootstrap-complete"), { jobName, namespace: "sei" });
    assert.deepEqual(params("teardown-bootstrap"), { jobName, serviceName: "rpc-0", namespace: "sei" });
    assert.deepEqual(params("snapshot-restore"), { targetHeight: 7 });
    assert.deepEqual(params("apply-statefulset"), { nodeName: "rpc-0", namespace: "sei" });
  });

  const needs: readonly [string, Partial<SeiNodeSpec>, boolean][] = [
    ["an image and a height", spec, true],
    ["no image", { fullNode: { snapshot: { s3: { targetHeight: 7 } } } }, false],
    ["an empty image", { fullNode: { snapshot: { ...snapshot, bootstrapImage: "" } } }, false],
    ["an image without s3", { fullNode: { snapshot: { stateSync: {}, bootstrapImage: "x" } } }, false],
    ["a replayer", { replayer: { snapshot } }, true],
    ["an archive", { archive: {} }, false],
    ["a genesis ceremony", { validator: { snapshot, genesisCeremony: {} as never } }, false],
  ];
  for (const [name, given, expected] of needs) {
    test(`${expected ? "is needed" : "is not needed"} with ${name}`, () => {
      assert.equal(needsBootstrap(seiNode(given)), expected);
    });
  }
});

describe("D16: the StatefulSet is held at 0", () => {
  const tasks = bootstrapTasks(seiNode(spec), {}, []);
  const teardown = tasks.findIndex(({ type }) => type === "teardown-bootstrap");
  const base = initTasks(seiNode(), {});
  const table: readonly [string, Partial<SeiNodeSpec>, SeiNodeStatus, boolean][] = [
    ["before the first plan", spec, {}, true],
    ["never for a node without bootstrap", {}, {}, false],
    ["while the bootstrap runs", spec, { phase: "Initializing", plan: plan(tasks, 3) }, true],
    ["until teardown is complete", spec, { phase: "Initializing", plan: plan(tasks, teardown) }, true],
    ["no longer after it", spec, { phase: "Initializing", plan: plan(tasks, teardown + 1) }, false],
    ["although the spec gave the bootstrap up", {}, { phase: "Initializing", plan: plan(tasks, 3) }, true],
    ["not in a base plan, when the spec asks for a bootstrap later", spec, { plan: plan(base, 2) }, false],
    [
      "before the retry of a bootstrap that failed",
      spec,
      { phase: "Failed", plan: plan(tasks, 5, "Failed") },
      true,
    ],
    ["before the retry without bootstrap", {}, { phase: "Failed", plan: plan(tasks, 5, "Failed") }, true],
    [
      "not before the retry of what came after the bootstrap",
      spec,
      { phase: "Failed", plan: plan(tasks, teardown + 2, "Failed") },
      false,
    ],
    ["not on a Running node", spec, { phase: "Running" }, false],
  ];
  for (const [when, given, status, held] of table) {
    test(when, () => assert.equal(isHeldForBootstrap(seiNode(given), status), held));
  }

  test("the bootstrap pod is the node's pod exactly while an active plan has not torn it down", () => {
    assert.equal(isBootstrapping(undefined), false);
    assert.equal(isBootstrapping(plan(tasks, 0)), true);
    assert.equal(isBootstrapping(plan(tasks, teardown)), true);
    assert.equal(isBootstrapping(plan(tasks, teardown + 1)), false);
    assert.equal(isBootstrapping(plan(tasks, 3, "Failed")), false);
    assert.equal(leavesBootstrapJob(plan(tasks, 3, "Failed")), true);
  });
});

describe("planned again after a failure", () => {
  const tasks = bootstrapTasks(seiNode(spec), {}, []);
  const teardown = tasks.findIndex(({ type }) => type === "teardown-bootstrap");
  const second = `${head} apply-statefulset apply-service configure-genesis config-apply config-validate mark-ready`;
  const failedLate: SeiNodeStatus = { phase: "Failed", plan: plan(tasks, teardown + 3, "Failed") };

  test("a bootstrap that failed is done anew", () => {
    const failed: SeiNodeStatus = { phase: "Failed", plan: plan(tasks, 5, "Failed") };
    assert.equal(typesOf(initTasks(seiNode(spec), failed)), typesOf(tasks));
  });

  test("a volume that has its height is not taken there again, however often the rest fails", () => {
    const again = initTasks(seiNode(spec), failedLate);
    assert.equal(typesOf(again), second);
    const third = initTasks(seiNode(spec), { phase: "Failed", plan: plan(again, 5, "Failed") });
    assert.equal(typesOf(third), second);
  });

  test("another target height is bootstrapped to", () => {
    const higher = { fullNode: { snapshot: { ...snapshot, s3: { targetHeight: 8 } } } };
    assert.equal(typesOf(initTasks(seiNode(higher), failedLate)), typesOf(tasks));
  });

  test("the height of a plan of the reference operator is read in its own letter case", () => {
    const stored = plan(tasks, teardown + 3, "Failed");
    for (const task of stored.tasks) {
      if (task.type === "snapshot-restore") task.params = { TargetHeight: 7 };
    }
    assert.equal(typesOf(initTasks(seiNode(spec), { phase: "Failed", plan: stored })), second);
  });

  test("a plan without bootstrap first tears down what the earlier one left", () => {
    const left: SeiNodeStatus = { phase: "Failed", plan: plan(tasks, 5, "Failed") };
    assert.match(
      typesOf(initTasks(seiNode(), left)),
      /apply-rbac-proxy-config teardown-bootstrap apply-statefulset/,
    );
    assert.doesNotMatch(typesOf(initTasks(seiNode(), failedLate)), /teardown/);
  });
});
