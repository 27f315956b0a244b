import assert from "node:assert/strict";
import { test } from "node:test";
import { NEW, OLD, someNode, somePlan, somePod } from "../testing.ts";
import { viewNode, viewPod } from "./node-view.ts";
import { shortImage } from "./words.ts";

test("a node that is Ready shows its phase, image and pods", () => {
  assert.deepEqual(viewNode(someNode({ ready: true }), [somePod({ ready: true })]), {
    name: "rpc-0",
    mark: "ok",
    phase: "Running",
    task: "",
    image: "sei:v6.3.0",
    ready: "True",
    health: "",
    keys: "",
    pods: [
      {
        name: "rpc-0-0",
        mark: "ok",
        state: "Running",
        ready: true,
        revision: "7d9f8c6b5",
        image: "sei:v6.3.0",
      },
    ],
    tasks: [],
  });
});

test("a halted node warns: it runs without a plan and is not Ready", () => {
  const view = viewNode(someNode({ ready: false }), [somePod()]);
  assert.deepEqual(
    [view.mark, view.ready, view.health, view.pods[0]?.mark],
    ["warn", "False", "PodNotReady", "warn"],
  );
});

test("an active plan shows its next task with number, and the image it leads to", () => {
  const plan = somePlan(["apply-statefulset", "replace-pod", "observe-image"], 1);
  const view = viewNode(someNode({ ready: false, plan }, NEW), []);
  assert.deepEqual([view.mark, view.task, view.image], ["busy", "2/3 replace-pod", "sei:v6.3.0 → v6.4.0"]);
});

test("a failed plan names the task that failed", () => {
  const plan = { ...somePlan(["a", "b", "c"], 1), phase: "Failed" as const, failedTaskIndex: 1 };
  const view = viewNode(someNode({ ready: false, plan }), []);
  assert.deepEqual([view.mark, view.task], ["bad", "2/3 b failed"]);
});

test("a complete plan shows none", () => {
  const plan = { ...somePlan(["a"], 1), phase: "Complete" as const };
  assert.equal(viewNode(someNode({ ready: true, plan }), []).task, "");
});

test("a stalled node says so rather than why it is not Ready", () => {
  const node = someNode({ ready: false });
  const stalled = {
    type: "Stalled",
    status: "True" as const,
    reason: "CrashLoop",
    message: "",
    lastTransitionTime: "",
  };
  const status = { ...node.status, conditions: [...(node.status?.conditions ?? []), stalled] };
  const view = viewNode({ ...node, status }, []);
  assert.deepEqual([view.mark, view.health], ["bad", "Stalled: CrashLoop"]);
});

test("a validator's keys are shown with what the controller's check of them said, as far as it came", () => {
  const { status } = someNode({ ready: false });
  const found = (type: string, status: "True" | "False") => ({
    type,
    status,
    reason: "",
    message: "",
    lastTransitionTime: "",
  });
  const keys = (...conditions: ReturnType<typeof found>[]) =>
    viewNode({ ...someNode(), status: { ...status, conditions } }, []).keys;
  assert.equal(keys(found("SigningKeyReady", "False")), "signing key ✖");
  assert.equal(
    keys(
      found("NodeKeyReady", "True"),
      found("SigningKeyReady", "True"),
      found("OperatorKeyringReady", "False"),
    ),
    "signing key ✔, node key ✔, operator keyring ✖",
  );
});

test("a node nobody has looked at yet is New, one being deleted is Terminating", () => {
  const { status: _, ...fresh } = someNode();
  const view = viewNode(fresh, []);
  assert.deepEqual([view.phase, view.mark, view.ready, view.image], ["New", "busy", "", "→ sei:v6.3.0"]);
  const deleted = { ...fresh, metadata: { ...fresh.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  assert.equal(viewNode(deleted, []).phase, "Terminating");
});

test("an object without a spec is shown, not stumbled over", () => {
  const { spec: _, ...bare } = someNode({ ready: true });
  assert.equal(viewNode(bare as ReturnType<typeof someNode>, []).image, "sei:v6.3.0");
});

test("a pod's state is what its container waits for, else its phase", () => {
  const stateOf = (pod: ReturnType<typeof somePod>) => [viewPod(pod).state, viewPod(pod).mark];
  assert.deepEqual(stateOf(somePod({ deleted: true, ready: true })), ["Terminating", "busy"]);
  assert.deepEqual(stateOf(somePod({ seid: { waiting: "ImagePullBackOff" } })), ["ImagePullBackOff", "bad"]);
  assert.deepEqual(stateOf(somePod({ seid: { waiting: "PodInitializing" }, phase: "Pending" })), [
    "Pending",
    "busy",
  ]);
  assert.deepEqual(stateOf(somePod({ seid: "running" })), ["Running", "busy"]);
  assert.deepEqual(stateOf(somePod({ seid: "absent", phase: "Failed" })), ["Failed", "bad"]);
});

test("an image is shortened to name and tag, a digest to eight digits", () => {
  assert.equal(shortImage(OLD), "sei:v6.3.0");
  assert.equal(shortImage("localhost:5000/sei"), "sei");
  assert.equal(shortImage(`ghcr.io/x/sei@sha256:${"0123456789abcdef".repeat(4)}`), "sei@sha256:01234567");
});

test("a change to another repository shows both names", () => {
  const node = someNode({ ready: true }, "registry.example.org/candidate:7");
  assert.equal(viewNode(node, []).image, "sei:v6.3.0 → candidate:7");
});
