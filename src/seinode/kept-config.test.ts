import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeiNodeSpec, TaskPlan } from "#api";
import { buildPlan } from "#plan";
import { initTasks } from "./init-plan.ts";
import { seiNode } from "./testing.ts";

const fromSnapshot: Partial<SeiNodeSpec> = {
  overrides: { "evm.http_port": "8545" },
  fullNode: { snapshot: { s3: { targetHeight: 7 } } },
};

/** The init plan of this spec, which failed at `at` after everything before it was done. */
function failedAt(at: string, spec = fromSnapshot, before?: TaskPlan): TaskPlan {
  const tasks = initTasks(seiNode(spec), before === undefined ? {} : { plan: before });
  const plan = buildPlan({ id: "p", tasks, failedPhase: "Failed" });
  const index = plan.tasks.findIndex(({ type }) => type === at);
  plan.tasks.forEach((task, position) => {
    task.status = position < index ? "Complete" : position === index ? "Failed" : "Pending";
  });
  plan.phase = "Failed";
  return plan;
}

function applied(spec: Partial<SeiNodeSpec>, before: TaskPlan | undefined) {
  const tasks = initTasks(seiNode(spec), before === undefined ? {} : { plan: before });
  return tasks.find(({ type }) => type === "config-apply")?.params as {
    incremental?: boolean;
    overrides?: Record<string, string>;
  };
}

describe("config-apply of an init plan that is made again", () => {
  test("generates the whole configuration the first time, and until state sync was configured", () => {
    assert.equal(applied(fromSnapshot, undefined).incremental, undefined);
    assert.equal(applied(fromSnapshot, failedAt("configure-state-sync")).incremental, undefined);
  });

  test("edits it once state sync is configured, which would be discarded and is never configured again", () => {
    assert.equal(applied(fromSnapshot, failedAt("config-validate")).incremental, true);
  });

  test("still edits it when the second try failed before it came to state sync", () => {
    const second = failedAt("ensure-data-pvc", fromSnapshot, failedAt("mark-ready"));
    assert.equal(applied(fromSnapshot, second).incremental, true);
  });

  test("carries a corrected value", () => {
    const corrected = { ...fromSnapshot, overrides: { "evm.http_port": "8546" } };
    const params = applied(corrected, failedAt("config-validate"));
    assert.equal(params.overrides?.["evm.http_port"], "8546");
  });

  test("writes an external address empty that was taken away", () => {
    const before = failedAt("config-validate", {
      ...fromSnapshot,
      externalAddress: "node.example.org:26656",
    });
    assert.equal(applied(fromSnapshot, before).overrides?.["network.p2p.external_address"], "");
  });

  test("is refused, naming the key and what to do, when a value was taken out of the spec", () => {
    const { overrides: _, ...without } = fromSnapshot;
    assert.throws(() => applied(without, failedAt("config-validate")), {
      name: "InvalidSpec",
      message: /evm\.http_port cannot be taken out.*set it in spec\.overrides/,
    });
  });

  test("generates the whole configuration for a node without snapshot, and for the seid behind a bootstrap", () => {
    const { fullNode: _, ...bare } = fromSnapshot;
    assert.equal(applied(bare, failedAt("mark-ready", bare)).incremental, undefined);
    const snapshot = { s3: { targetHeight: 7 }, bootstrapImage: "sei:v0" };
    const bootstrapped = { ...fromSnapshot, fullNode: { snapshot } };
    const again = initTasks(seiNode(bootstrapped), {
      plan: failedAt("await-bootstrap-complete", bootstrapped),
    });
    const applies = again.filter(({ type }) => type === "config-apply");
    assert.deepEqual(
      applies.map(({ params }) => (params as { incremental?: boolean }).incremental),
      [true, undefined],
    );
  });
});
