import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ManualClock } from "#clock";
import type { Logger } from "#kube";
import { createTelemetry } from "./telemetry.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

function setUp() {
  const clock = new ManualClock();
  const telemetry = createTelemetry(clock, quiet);
  return {
    clock,
    telemetry,
    metrics: telemetry.seiNode,
    /** Lines of the exposition of this family, without help and type. */
    async lines(family: string): Promise<string[]> {
      const text = await telemetry.render();
      return text.split("\n").filter((line) => line.startsWith(family) && /^[a-z_]+[{ ]/.test(line));
    },
  };
}

describe("SeiNode metrics", () => {
  it("shows 1 for the current phase and 0 for the other four", async () => {
    const { metrics, lines } = setUp();
    metrics.phase("sei", "a", "Initializing");
    metrics.phase("sei", "a", "Running");
    assert.deepEqual((await lines("sei_controller_seinode_phase{")).sort(), [
      'sei_controller_seinode_phase{namespace="sei",name="a",phase="Failed"} 0',
      'sei_controller_seinode_phase{namespace="sei",name="a",phase="Initializing"} 0',
      'sei_controller_seinode_phase{namespace="sei",name="a",phase="Pending"} 0',
      'sei_controller_seinode_phase{namespace="sei",name="a",phase="Running"} 1',
      'sei_controller_seinode_phase{namespace="sei",name="a",phase="Terminating"} 0',
    ]);
  });

  it("keeps the reference's names, labels and buckets", async () => {
    const { metrics, telemetry } = setUp();
    metrics.phase("sei", "a", "Running");
    metrics.phaseTransition("sei", "", "Initializing");
    metrics.phaseDuration("sei", "pacific-1", "Initializing", 42);
    metrics.planDuration("seinode", "sei", "init", "complete", 7);
    metrics.planActive("seinode", "sei", "a", true);
    metrics.sidecarProbe("sei", "not_ready");
    metrics.sidecarReady("sei", "a", false);
    metrics.reconcileError("seinode", "sei");
    const text = await telemetry.render();
    const transition = 'controller="seinode",namespace="sei",from_phase="",to_phase="Initializing"';
    const duration = 'namespace="sei",chain_id="pacific-1",phase="Initializing"';
    const plan = 'controller="seinode",namespace="sei",plan_type="init",outcome="complete"';
    for (const line of [
      `sei_controller_seinode_phase_transitions_total{${transition}} 1`,
      `sei_controller_seinode_phase_duration_seconds_sum{${duration}} 42`,
      `sei_controller_plan_duration_seconds_count{${plan}} 1`,
      'sei_controller_plan_active{controller="seinode",namespace="sei"} 1',
      'sei_controller_seinode_sidecar_health_probes_total{controller="seinode",namespace="sei",outcome="not_ready"} 1',
      'sei_controller_seinode_sidecar_ready{namespace="sei",name="a"} 0',
      'sei_controller_reconcile_errors_total{controller="seinode",namespace="sei"} 1',
    ]) {
      assert.ok(text.includes(`\n${line}\n`), `missing: ${line}`);
    }
    const bounds = (family: string) =>
      [...text.matchAll(new RegExp(`^${family}_bucket\\{le="([^"]+)"`, "gm"))]
        .map(([, bound]) => bound)
        .join();
    assert.equal(
      bounds("sei_controller_seinode_phase_duration_seconds"),
      "10,30,60,120,300,600,900,1200,1800,3600,+Inf",
    );
    assert.equal(bounds("sei_controller_plan_duration_seconds"), "1,5,10,30,60,120,300,600,1800,+Inf");
  });

  it("D13: no series outlives its object", async () => {
    const { metrics, telemetry } = setUp();
    for (const name of ["gone", "stays"]) {
      metrics.phase("sei", name, "Running");
      metrics.phase("sei", name, "SomethingNew");
      metrics.planActive("seinode", "sei", name, true);
      metrics.sidecarReady("sei", name, true);
    }
    metrics.forget("sei", "gone");
    metrics.forget("sei", "gone");
    const text = await telemetry.render();
    assert.ok(!text.includes('name="gone"'));
    assert.ok(text.includes('sei_controller_plan_active{controller="seinode",namespace="sei"} 1\n'));
    assert.equal(text.split("\n").filter((line) => line.includes('name="stays"')).length, 7);
  });

  it("D13: drops the gauge that counts objects with the last of them, and keeps counters for some scrapes", async () => {
    const { metrics, lines, clock } = setUp();
    metrics.phase("ephemeral", "a", "Running");
    metrics.planActive("seinode", "ephemeral", "a", false);
    metrics.phaseTransition("ephemeral", "Running", "Terminating");
    metrics.reconcileError("seinode", "ephemeral");
    metrics.phaseDuration("ephemeral", "c", "Running", 1);
    metrics.forget("ephemeral", "a");
    assert.deepEqual(await lines("sei_controller_plan_active{"), []);
    await clock.advance(9 * 60_000);
    assert.equal((await lines("sei_controller_seinode_phase_transitions_total{")).length, 1);
    await clock.advance(60_000);
    await lines("sei_");
    assert.deepEqual(
      (await lines("sei_controller_")).filter((line) => line.includes("ephemeral")),
      [],
    );
  });

  it("keeps the counters of a namespace that still has objects, however quiet", async () => {
    const { metrics, lines, clock } = setUp();
    metrics.phase("sei", "a", "Running");
    metrics.phaseTransition("sei", "", "Running");
    await clock.advance(24 * 3_600_000);
    await lines("sei_");
    assert.equal((await lines("sei_controller_seinode_phase_transitions_total{")).length, 1);
  });

  it("D13: plan_active equals the number of objects with an active plan after any history", async () => {
    const action = fc.record({
      name: fc.constantFrom("a", "b", "c", "d"),
      do: fc.constantFrom("active", "inactive", "forget"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (history) => {
        const { metrics, lines } = setUp();
        const model = new Map<string, boolean>();
        for (const { name, do: what } of history) {
          if (what === "forget") {
            metrics.forget("sei", name);
            model.delete(name);
          } else {
            metrics.planActive("seinode", "sei", name, what === "active");
            model.set(name, what === "active");
          }
        }
        const active = [...model.values()].filter(Boolean).length;
        assert.deepEqual(
          await lines("sei_controller_plan_active{"),
          model.size === 0
            ? []
            : [`sei_controller_plan_active{controller="seinode",namespace="sei"} ${active}`],
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe("SeiNodeDeployment metrics", () => {
  it("keeps the reference's names and labels, and shows 1 for the current phase and 0 for the other seven", async () => {
    const { telemetry, lines } = setUp();
    const { seiNodeDeployment: metrics } = telemetry;
    metrics.phase("sei", "rpc", "Ready");
    metrics.phase("sei", "rpc", "Upgrading");
    const phases = await lines("sei_controller_seinodedeployment_phase{");
    assert.equal(phases.length, 8);
    assert.deepEqual(
      phases.filter((line) => line.endsWith(" 1")),
      ['sei_controller_seinodedeployment_phase{namespace="sei",name="rpc",phase="Upgrading"} 1'],
    );
    metrics.replicas("sei", "rpc", 4, 3);
    assert.deepEqual(await lines("sei_controller_seinodedeployment_replicas{"), [
      'sei_controller_seinodedeployment_replicas{namespace="sei",name="rpc",replica_state="desired"} 4',
      'sei_controller_seinodedeployment_replicas{namespace="sei",name="rpc",replica_state="ready"} 3',
    ]);
    const labels = '{controller="seinodedeployment",namespace="sei"}';
    for (let pass = 0; pass < 3; pass++) metrics.planActive("sei", "rpc", true);
    assert.deepEqual(await lines(`sei_controller_plan_active${labels}`), [
      `sei_controller_plan_active${labels} 1`,
    ]);
    metrics.planActive("sei", "rpc", false);
    assert.deepEqual(await lines(`sei_controller_plan_active${labels}`), [
      `sei_controller_plan_active${labels} 0`,
    ]);
    metrics.reconcileError("sei");
    assert.deepEqual(await lines(`sei_controller_reconcile_errors_total${labels}`), [
      `sei_controller_reconcile_errors_total${labels} 1`,
    ]);
  });

  it("QUIRK 18: no series outlives its group, and nothing of a group of the same name elsewhere goes with it", async () => {
    const { telemetry, lines } = setUp();
    const { seiNodeDeployment: metrics } = telemetry;
    for (const namespace of ["gone", "stays"]) {
      metrics.phase(namespace, "rpc", "Ready");
      metrics.replicas(namespace, "rpc", 1, 1);
      metrics.planActive(namespace, "rpc", true);
    }
    metrics.forget("gone", "rpc");
    const left = await lines("sei_controller_");
    assert.deepEqual(
      left.filter((line) => line.includes('namespace="gone"')),
      [],
    );
    assert.equal(left.filter((line) => line.includes('namespace="stays"')).length, 11);
  });
});

describe("SeiNodeTask metrics", () => {
  it("keeps the reference's names and labels, and shows 1 for the current phase and 0 for the other three", async () => {
    const { telemetry, lines } = setUp();
    const { seiNodeTask: metrics } = telemetry;
    metrics.phase("sei", "a", "Running");
    metrics.phase("sei", "a", "Complete");
    metrics.phaseTransition("sei", "", "Running");
    assert.deepEqual((await lines("sei_controller_seinodetask_phase{")).sort(), [
      'sei_controller_seinodetask_phase{namespace="sei",name="a",phase="Complete"} 1',
      'sei_controller_seinodetask_phase{namespace="sei",name="a",phase="Failed"} 0',
      'sei_controller_seinodetask_phase{namespace="sei",name="a",phase="Pending"} 0',
      'sei_controller_seinodetask_phase{namespace="sei",name="a",phase="Running"} 0',
    ]);
    const labels = 'controller="seinodetask",namespace="sei",from_phase="",to_phase="Running"';
    assert.deepEqual(await lines("sei_controller_seinodetask_phase_transitions_total{"), [
      `sei_controller_seinodetask_phase_transitions_total{${labels}} 1`,
    ]);
  });

  it("14.9: no series outlives its task, and the counters go some scrapes after the last task of their namespace", async () => {
    const { telemetry, lines, clock } = setUp();
    const { seiNodeTask: metrics } = telemetry;
    metrics.phase("run-1", "a", "Failed");
    metrics.phaseTransition("run-1", "Running", "Failed");
    metrics.forget("run-1", "a");
    metrics.forget("run-1", "a");
    assert.deepEqual(await lines("sei_controller_seinodetask_phase{"), []);
    await clock.advance(9 * 60_000);
    assert.equal((await lines("sei_controller_seinodetask_phase_transitions_total{")).length, 1);
    await clock.advance(60_000);
    assert.deepEqual(await lines("sei_controller_seinodetask"), []);
  });
});

describe("runtime metrics", () => {
  it("exposes the series of controller-runtime and client-go from the start, at zero", async () => {
    const { telemetry } = setUp();
    const controller = telemetry.runtime.forController("seinode");
    const queue = telemetry.runtime.forQueue("seinode");
    controller.maxConcurrent(64);
    controller.reconciled("requeue_after", 0.2);
    controller.failed();
    queue.depth(3);
    queue.added();
    queue.waited(0.5);
    queue.unfinished(() => ({ totalSeconds: 7, longestSeconds: 4 }));
    telemetry.runtime.requests({
      verb: "get",
      method: "GET",
      resource: "pods",
      code: "200",
      host: "h:1",
      seconds: 1,
    });
    telemetry.runtime.leading("bc1f5b0a.sei.io", true);
    const text = await telemetry.render();
    const queueLabels = 'name="seinode",controller="seinode"';
    for (const line of [
      'controller_runtime_reconcile_total{controller="seinode",result="success"} 0',
      'controller_runtime_reconcile_total{controller="seinode",result="requeue_after"} 1',
      'controller_runtime_reconcile_total{controller="seinode",result="error"} 0',
      'controller_runtime_reconcile_total{controller="seinode",result="requeue"} 0',
      'controller_runtime_reconcile_errors_total{controller="seinode"} 1',
      'controller_runtime_terminal_reconcile_errors_total{controller="seinode"} 0',
      'controller_runtime_reconcile_panics_total{controller="seinode"} 0',
      'controller_runtime_max_concurrent_reconciles{controller="seinode"} 64',
      'controller_runtime_active_workers{controller="seinode"} 0',
      'controller_runtime_reconcile_time_seconds_bucket{le="0.2",controller="seinode"} 1',
      `workqueue_depth{${queueLabels}} 3`,
      `workqueue_adds_total{${queueLabels}} 1`,
      `workqueue_retries_total{${queueLabels}} 0`,
      `workqueue_queue_duration_seconds_bucket{le="1",${queueLabels}} 1`,
      `workqueue_unfinished_work_seconds{${queueLabels}} 7`,
      `workqueue_longest_running_processor_seconds{${queueLabels}} 4`,
      'rest_client_requests_total{code="200",method="GET",host="h:1"} 1',
      'leader_election_master_status{name="bc1f5b0a.sei.io"} 1',
    ]) {
      assert.ok(text.includes(`\n${line}\n`), `missing: ${line}`);
    }
  });
});

describe("the stall watchdog", () => {
  it("records how late the loop ran, warns of a stall and ends with its signal", async () => {
    const clock = new ManualClock();
    const warnings: object[] = [];
    const telemetry = createTelemetry(clock, { ...quiet, warn: (facts) => void warnings.push(facts) });
    const stop = new AbortController();
    const running = telemetry.watchdog(stop.signal);
    await clock.advance(1_000);
    assert.deepEqual(warnings, []);
    // A loop that stood still: the timer due after half a second finds the clock three seconds on.
    const late = clock.monotonic.bind(clock);
    clock.monotonic = () => late() + 3_000;
    await clock.advance(500);
    clock.monotonic = late;
    assert.deepEqual(warnings, [{ stalledMs: 3_000 }]);
    assert.ok((await telemetry.render()).includes("\nsei_controller_event_loop_stall_max_seconds 3\n"));
    stop.abort();
    await running;
    assert.equal(clock.pending, 0);
  });
});
