import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeiNodeStatus } from "#api";
import { buildPlan } from "#plan";
import {
  findProblem,
  type HealthInput,
  type Problem,
  readyCondition,
  reconcilingCondition,
  stalledCondition,
} from "./health.ts";
import { podProblem } from "./pod-state.ts";
import { images, pod } from "./testing.ts";

const time = "2026-01-01T00:00:00Z";
const sidecarReady = (status: "True" | "False" | "Unknown") => ({
  type: "SidecarReady",
  status,
  reason: "X",
  message: "",
  lastTransitionTime: time,
});
const settled: SeiNodeStatus = {
  phase: "Running",
  currentImage: images.seid,
  conditions: [sidecarReady("True")],
};

function input(change: Partial<HealthInput> = {}): HealthInput {
  return {
    status: settled,
    paused: false,
    pod: pod(),
    podProblem: undefined,
    scaledDown: false,
    imagesCurrent: true,
    waitingFor: undefined,
    taskError: undefined,
    blocked: undefined,
    failure: undefined,
    ...(change.pod && { podProblem: podProblem(change.pod) }),
    ...change,
  };
}

const plan = (types: string[], failedPhase?: "Failed") =>
  buildPlan({
    id: "p",
    tasks: types.map((type) => ({ type })),
    targetPhase: "Running",
    ...(failedPhase && { failedPhase }),
  });
const initPlan = plan(["ensure-data-pvc", "config-apply"], "Failed");
const updatePlan = plan(["apply-statefulset", "observe-image"]);
const failedPlan = {
  ...updatePlan,
  phase: "Failed" as const,
  failedTaskDetail: { type: "config-patch", id: "x", error: "bad TOML", retryCount: 0, maxRetries: 0 },
};

function waitingPod(reason: string) {
  const waiting = pod({ started: false });
  const status = waiting.status?.containerStatuses?.[0];
  assert.ok(status);
  status.state = { waiting: { reason } };
  return waiting;
}

const unschedulable = pod({ started: false });
unschedulable.status = {
  phase: "Pending",
  conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes" }],
};

const unready: readonly [situation: string, change: Partial<HealthInput>, reason: string, message: RegExp][] =
  [
    ["a first pass", { status: {} }, "Initializing", /plan is being made/],
    [
      "an init plan",
      { status: { phase: "Initializing", plan: initPlan } },
      "Initializing",
      /^task ensure-data-pvc \(1 of 2\)$/,
    ],
    [
      "an init plan that waits",
      { status: { phase: "Initializing", plan: initPlan }, waitingFor: "the sidecar to run" },
      "Initializing",
      /waits for the sidecar to run/,
    ],
    ["an update plan", { status: { ...settled, plan: updatePlan } }, "Updating", /apply-statefulset/],
    [
      "a mark-ready plan",
      { status: { ...settled, plan: plan(["mark-ready"]) } },
      "MarkingReady",
      /mark-ready/,
    ],
    [
      "a failed update plan",
      { status: { ...settled, plan: failedPlan } },
      "PlanFailed",
      /config-patch failed: bad TOML/,
    ],
    ["a Failed node", { status: { phase: "Failed", plan: failedPlan } }, "InitializationFailed", /bad TOML/],
    ["a pause", { paused: true }, "Paused", /is being scaled to 0/],
    [
      "a pause, once no pod is left",
      { paused: true, scaledDown: true, pod: undefined },
      "Paused",
      /is scaled to 0/,
    ],
    [
      "a pause of a Failed node, whose pod goes on",
      { paused: true, status: { phase: "Failed", plan: failedPlan } },
      "InitializationFailed",
      /bad TOML/,
    ],
    [
      "a pause that cannot be carried out",
      { paused: true, blocked: { reason: "IdentityChanged", message: "chain" } },
      "IdentityChanged",
      /chain/,
    ],
    ["no pod", { pod: undefined }, "PodMissing", /no running pod/],
    ["images not observed", { imagesCurrent: false }, "ImageNotObserved", /wanted images/],
    [
      "a sidecar that lost its mark",
      { status: { ...settled, conditions: [sidecarReady("False")] } },
      "SidecarNotReady",
      /./,
    ],
    [
      "a silent sidecar",
      { status: { ...settled, conditions: [sidecarReady("Unknown")] } },
      "SidecarUnreachable",
      /./,
    ],
    [
      "an image that cannot be pulled",
      { pod: waitingPod("ErrImagePull") },
      "PodNotReady",
      /cannot pull image sei:v1/,
    ],
    [
      "something in the way",
      { blocked: { reason: "ForeignStatefulSet", message: "not ours" } },
      "ForeignStatefulSet",
      /not ours/,
    ],
    ["a failed pass", { failure: { reason: "InvalidSpec", message: "no mode" } }, "InvalidSpec", /no mode/],
  ];

for (const [situation, change, reason, message] of unready) {
  test(`Ready is False with ${situation}, and says so`, () => {
    const condition = readyCondition(input(change));
    assert.equal(condition.status, "False");
    assert.equal(condition.reason, reason);
    assert.match(condition.message, message);
  });
}

test("Ready is True only when nothing is left to say", () => {
  assert.deepEqual(readyCondition(input()), {
    type: "Ready",
    status: "True",
    reason: "Ready",
    message: "seid runs sei:v1 and is ready",
  });
});

test("a halted node is Ready=False and names the upgrade as the way on", () => {
  const halted = pod();
  assert.ok(halted.status?.conditions?.[0]);
  halted.status.conditions[0].status = "False";
  const condition = readyCondition(input({ pod: halted }));
  assert.equal(condition.reason, "PodNotReady");
  assert.match(condition.message, /chain upgrade.*set spec\.image/);
});

test("an image error has one text for each of its alternating reasons", () => {
  assert.deepEqual(
    readyCondition(input({ pod: waitingPod("ErrImagePull") })),
    readyCondition(input({ pod: waitingPod("ImagePullBackOff") })),
  );
});

describe("Reconciling", () => {
  test("is True while a plan is active or still to be made", () => {
    for (const status of [
      {},
      { phase: "Initializing" as const, plan: initPlan },
      { ...settled, plan: updatePlan },
    ]) {
      assert.equal(reconcilingCondition(input({ status })).status, "True");
    }
  });

  test("is True while what is in the way goes by itself, unless paused", () => {
    const blocked = { reason: "StatefulSetTerminating", message: "it is being deleted", passing: true };
    const condition = reconcilingCondition(input({ blocked }));
    assert.equal(condition.status, "True");
    assert.equal(condition.message, "it is being deleted");
    assert.equal(reconcilingCondition(input({ blocked, paused: true })).status, "False");
  });

  test("is False when settled, failed, paused or blocked", () => {
    const cases: Partial<HealthInput>[] = [
      {},
      { status: { phase: "Failed", plan: failedPlan } },
      { paused: true },
      { blocked: { reason: "X", message: "" } },
    ];
    for (const change of cases) assert.equal(reconcilingCondition(input(change)).status, "False");
  });
});

describe("Stalled", () => {
  const patience: readonly [
    situation: string,
    change: Partial<HealthInput>,
    reason: string,
    afterMs: number,
  ][] = [
    ["a failed pass", { failure: { reason: "InvalidSpec", message: "m" } }, "InvalidSpec", 0],
    ["something in the way", { blocked: { reason: "IdentityChanged", message: "m" } }, "IdentityChanged", 0],
    [
      "something in the way that should go by itself",
      { blocked: { reason: "StatefulSetTerminating", message: "m", passing: true } },
      "StatefulSetTerminating",
      300_000,
    ],
    ["a Failed node", { status: { phase: "Failed", plan: failedPlan } }, "InitializationFailed", 0],
    [
      "a Failed node that is paused",
      { status: { phase: "Failed", plan: failedPlan }, paused: true },
      "InitializationFailed",
      0,
    ],
    ["a failed update", { status: { ...settled, plan: failedPlan } }, "PlanFailed", 0],
    ["an image that cannot be pulled", { pod: waitingPod("ImagePullBackOff") }, "ImagePullFailed", 120_000],
    ["a crash loop", { pod: waitingPod("CrashLoopBackOff") }, "CrashLoop", 120_000],
    [
      "a silent sidecar",
      { status: { ...settled, conditions: [sidecarReady("Unknown")] } },
      "SidecarUnreachable",
      300_000,
    ],
    [
      "a container that cannot be created",
      { pod: waitingPod("CreateContainerConfigError") },
      "ContainerCannotStart",
      120_000,
    ],
    [
      "a plan whose pod does not come",
      { pod: undefined, status: { phase: "Initializing", plan: plan(["config-apply"], "Failed") } },
      "PodNotStarted",
      300_000,
    ],
    ["a pod that fits on no machine", { pod: unschedulable }, "Unschedulable", 300_000],
    ["a task that cannot run", { taskError: "forbidden" }, "TaskCannotRun", 300_000],
  ];
  for (const [situation, change, reason, afterMs] of patience) {
    test(`comes ${afterMs === 0 ? "at once" : `after ${afterMs / 60_000} min`} with ${situation}`, () => {
      const problem = findProblem(input(change));
      assert.equal(problem?.reason, reason);
      assert.equal(problem?.afterMs, afterMs);
    });
  }

  test("does not come for a long task that runs, nor while paused", () => {
    assert.equal(
      findProblem(input({ status: { phase: "Initializing", plan: initPlan }, waitingFor: "snapshot" })),
      undefined,
    );
    assert.equal(findProblem(input({ paused: true, pod: waitingPod("ImagePullBackOff") })), undefined);
  });

  const problem: Problem = { reason: "CrashLoop", message: "seid crashes", remedy: "look", afterMs: 120_000 };
  const sinceEpochMs = Date.UTC(2026, 0, 1);

  test("is False until the patience is over, then names reason, since when and remedy", () => {
    assert.equal(stalledCondition(problem, { lastedMs: 119_999, sinceEpochMs }, undefined).status, "False");
    assert.deepEqual(stalledCondition(problem, { lastedMs: 120_000, sinceEpochMs }, undefined), {
      type: "Stalled",
      status: "True",
      reason: "CrashLoop",
      message: "seid crashes (since 2026-01-01T00:00:00Z); look",
    });
  });

  test("stays as it is after a restart of ours, when nobody remembers since when", () => {
    const before = stalledCondition(problem, { lastedMs: 120_000, sinceEpochMs }, undefined);
    const previous = { ...before, lastTransitionTime: time };
    assert.deepEqual(stalledCondition(problem, { lastedMs: 0, sinceEpochMs: 0 }, previous), before);
  });

  test("ends with its problem", () => {
    const before = {
      type: "Stalled",
      status: "True" as const,
      reason: "CrashLoop",
      message: "seid crashes",
      lastTransitionTime: time,
    };
    assert.equal(stalledCondition(undefined, undefined, before).status, "False");
  });
});

describe("while a plan bootstraps", () => {
  const bootstrap: SeiNodeStatus = {
    phase: "Initializing",
    plan: plan(["snapshot-restore", "await-bootstrap-complete", "teardown-bootstrap"], "Failed"),
  };

  test("a bootstrap image that cannot be pulled is told with the field that names it", () => {
    const podProblem = { kind: "pullError", message: "container seid cannot pull image sei:x" } as const;
    const problem = findProblem(input({ status: bootstrap, podProblem }));
    assert.equal(problem?.message, podProblem.message);
    assert.match(problem?.remedy ?? "", /correct snapshot\.bootstrapImage/);
  });

  test("a pod that does not come is looked for at the Job, not at the StatefulSet", () => {
    const problem = findProblem(input({ status: bootstrap, pod: undefined }));
    assert.equal(problem?.message, "the bootstrap Job has no pod");
    assert.match(problem?.remedy ?? "", /events of the bootstrap Job/);
  });

  test("pausing says that a Job which runs is not stopped", () => {
    const ready = readyCondition(input({ status: bootstrap, paused: true, scaledDown: true }));
    assert.match(ready.message ?? "", /the plan stands still; a bootstrap Job goes on/);
  });
});
