import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeiNodeTask, SeiNodeTaskSpec } from "#api";
import { formatTime } from "#clock";
import { SidecarError } from "#sidecar";
import { apiError } from "../kube/testing/fake-client.ts";
import { nodeKey, nodePod, payloads, seiNode, seiNodeTask, TaskWorld, taskKey, world } from "./testing.ts";

const kinds = Object.keys(payloads) as SeiNodeTaskSpec["kind"][];
const unreachable = new SidecarError("connection refused", { class: "unreachable" });

describe("the two passes of a task", () => {
  test("16.1: the first leaves phase Running, the deterministic id and nothing submitted; the second submits exactly one request", async () => {
    const w = world("RestartSeid");
    Object.assign(w.task.metadata, { uid: "task-uid-restart" });
    assert.deepEqual(await w.pass(), { requeueAfterMs: 1 });
    assert.equal(w.status.phase, "Running");
    assert.equal(w.status.task?.id, "42c12036-5e70-56cf-b35e-820a7b5bd9aa");
    assert.equal(w.status.task?.status, "Pending");
    assert.equal(w.status.task?.executionStartedAt, formatTime(w.clock.now()));
    assert.equal(w.status.task?.submittedAt, undefined);
    assert.equal(w.sidecar.posts.length, 0);
    assert.equal(w.statusWrites, 1);
    await w.pass();
    assert.deepEqual(w.sidecar.posts, [{ id: "42c12036-5e70-56cf-b35e-820a7b5bd9aa", type: "restart-seid" }]);
    assert.equal(w.sidecar.gets, 1, "the id is this process's own: only the look after the POST");
    assert.equal(w.status.task?.submittedAt, formatTime(w.clock.now()));
    assert.equal(w.statusWrites, 2);
  });

  test("an instant task is complete in its second pass, with two status writes", async () => {
    const w = world("RestartSeid");
    w.sidecar.instantly = () => ({});
    await w.passes(2);
    assert.equal(w.status.phase, "Complete");
    assert.equal(w.status.task?.status, "Complete");
    assert.equal(w.statusWrites, 2);
    assert.deepEqual(w.transitions, [" -> Running", "Running -> Complete"]);
  });

  test("passes that find nothing new write nothing", async () => {
    const w = world("RestartSeid");
    await w.passes(2);
    const before = w.statusWrites;
    for (let i = 0; i < 20; i++) {
      await w.clock.advance(5_000);
      await w.pass();
    }
    assert.equal(w.statusWrites, before);
  });
});

describe("conditions (D17)", () => {
  test("Reconciling until the end, Ready and Failed absent before; Ready only on Complete", async () => {
    const w = world("RestartSeid");
    await w.passes(2);
    assert.equal(w.condition("Reconciling"), "True/Executing");
    assert.equal(w.condition("Stalled"), "False/NotStalled");
    assert.equal(w.condition("TargetReady"), "True/PhaseMet");
    assert.deepEqual([w.condition("Ready"), w.condition("Failed")], ["", ""]);
    w.sidecar.finish(w.status.task?.id ?? "");
    await w.end();
    assert.equal(w.condition("Ready"), "True/TaskComplete");
    assert.equal(w.condition("Reconciling"), "False/TaskComplete");
    assert.equal(w.condition("Stalled"), "False/NotStalled");
    assert.equal(w.condition("Failed"), "");
    assert.deepEqual(w.events, [], "there is no event on success");
  });

  test("on failure Stalled and Failed are True, and there is one event with the same reason and text", async () => {
    const w = world("RestartSeid");
    w.sidecar.instantly = () => ({ error: "seid (pid 42) still alive 1m30s after SIGTERM" });
    await w.passes(2);
    assert.equal(w.condition("Failed"), "True/TaskFailed");
    assert.equal(w.condition("Stalled"), "True/TaskFailed");
    assert.equal(w.condition("Reconciling"), "False/TaskFailed");
    assert.equal(w.condition("Ready"), "");
    assert.equal(w.message("Failed"), "seid (pid 42) still alive 1m30s after SIGTERM");
    assert.match(w.message("Stalled"), /create another/);
    assert.deepEqual(w.events, ["TaskFailed: seid (pid 42) still alive 1m30s after SIGTERM"]);
  });
});

describe("submitted once", () => {
  test("16.2, 14.1: a failure after several polls fails the task with the sidecar's text and exactly one submission", async () => {
    const w = world("RestartSeid");
    await w.passes(2);
    for (let i = 0; i < 6; i++) {
      const { requeueAfterMs = 0 } = await w.pass();
      await w.clock.advance(requeueAfterMs);
    }
    w.sidecar.finish(w.status.task?.id ?? "", "seid RPC did not come up within 5m0s");
    const status = await w.end();
    assert.equal(status.task?.err, "seid RPC did not come up within 5m0s");
    assert.equal(status.task?.status, "Failed");
    assert.equal(w.condition("Failed"), "True/TaskFailed");
    assert.equal(w.sidecar.posts.length, 1);
    assert.equal(w.sidecar.started, 1);
  });

  for (const kind of kinds.filter((each) => each !== "UpdateNodeImage" && each !== "MarkReady")) {
    test(`${kind}: a crash after the POST and before the status write is found out by asking`, async () => {
      const w = world(kind);
      w.kube.put(seiNode({ peers: [{ static: { addresses: ["a@b:1"] } }] }));
      await w.pass();
      w.sidecar.instantly = () => ({ error: "failed in the same moment" });
      w.kube.failNext.set("mergePatch SeiNodeTask", apiError("transient", 503));
      assert.ok((await w.pass()).error);
      assert.equal(w.sidecar.posts.length, 1);
      w.restart();
      const status = await w.end();
      assert.equal(w.condition("Failed"), "True/TaskFailed");
      assert.ok(status.task?.submittedAt, "a known id counts as submitted");
      assert.equal(w.sidecar.started, 1);
    });

    test(`${kind}: a lost answer to the POST is found out by asking`, async () => {
      const w = world(kind);
      w.kube.put(seiNode({ peers: [{ static: { addresses: ["a@b:1"] } }] }));
      await w.pass();
      w.sidecar.postFault = "lostAnswer";
      await w.pass();
      assert.equal(w.status.task?.submittedAt, undefined);
      await w.clock.advance(200);
      await w.pass();
      assert.ok(w.status.task?.submittedAt);
      assert.equal(w.sidecar.posts.length, 1);
    });
  }

  for (const kind of ["GovVote", "GovSoftwareUpgrade"] as const) {
    test(`${kind}: forgotten by its sidecar it is never POSTed again, it ends by its time limit`, async () => {
      const w = world(kind, { timeoutSeconds: 60 });
      await w.passes(2);
      w.sidecar.forgetAll();
      w.restart();
      const status = await w.end(120_000);
      assert.equal(w.condition("Failed"), "True/Timeout");
      assert.equal(status.task?.err, "timeout");
      assert.equal(w.sidecar.posts.length, 1);
    });

    test(`${kind}: interrupted by its sidecar's shutdown it has failed, for nobody knows what was sent`, async () => {
      const w = world(kind);
      await w.passes(2);
      w.sidecar.stopGracefully();
      await w.end();
      assert.equal(w.condition("Failed"), "True/TaskFailed");
      assert.equal(w.sidecar.posts.length, 1);
    });
  }

  test("a pass on an outdated view of the task posts nothing, whatever the sidecar has forgotten", async () => {
    const w = world("RestartSeid");
    await w.pass();
    const old = structuredClone(w.task);
    w.sidecar.instantly = () => ({});
    await w.end();
    w.sidecar.forgetAll();
    w.kube.cacheShows("SeiNodeTask", taskKey, old);
    w.restart();
    assert.deepEqual(await w.pass(), { requeueAfterMs: 100 });
    assert.equal(w.sidecar.posts.length, 1);
  });

  test("an outdated view does not set an image that was replaced long ago", async () => {
    const w = world("UpdateNodeImage");
    await w.pass();
    const old = structuredClone(w.task);
    await w.pass();
    w.changeNode({ status: { currentImage: "sei:v2" } });
    await w.end();
    w.changeNode({ spec: { image: "sei:v3" }, status: { currentImage: "sei:v3" } });
    w.kube.cacheShows("SeiNodeTask", taskKey, old);
    w.restart();
    await w.pass();
    assert.equal(w.node.spec.image, "sei:v3");
    assert.equal(w.imageWrites.length, 1);
  });

  test("a manager whose record of the execution was refused does not take the id for its own", async () => {
    const w = world("GovVote");
    const before = structuredClone(w.task);
    await w.pass();
    w.sidecar.instantly = () => ({ error: "out of gas" });
    w.kube.failNext.set("mergePatch SeiNodeTask", apiError("transient", 503));
    await w.pass();
    assert.equal(w.sidecar.started, 1, "the first manager has POSTed and could not write it down");
    w.restart();
    w.kube.cacheShows("SeiNodeTask", taskKey, before);
    assert.ok((await w.pass()).error, "the second records it, too, and is refused");
    w.kube.cacheShows("SeiNodeTask", taskKey, w.task);
    await w.end();
    assert.equal(w.sidecar.started, 1);
    assert.equal(w.condition("Failed"), "True/TaskFailed");
  });

  test("16.3: MarkReady is complete in the second pass with zero GETs", async () => {
    const w = world("MarkReady");
    await w.passes(2);
    assert.equal(w.status.phase, "Complete");
    assert.equal(w.sidecar.gets, 0);
    assert.equal(w.sidecar.posts.length, 1);
    assert.ok(!("params" in (w.sidecar.posts[0] ?? {})));
  });

  test("no request is sent while the kubelet says that the sidecar does not run", async () => {
    const w = world("RestartSeid");
    w.kube.put(nodePod(false));
    await w.passes(3);
    assert.equal(w.sidecar.posts.length + w.sidecar.gets, 0);
    assert.equal(w.message("Reconciling"), "waiting for the sidecar of the node to run");
    w.kube.put(nodePod());
    await w.pass();
    assert.equal(w.sidecar.posts.length, 1);
  });
});

describe("the target", () => {
  test("16.4: absent, also in the middle of a run: TargetResolveFailed, naming node and namespace", async () => {
    const absent = new TaskWorld(seiNodeTask("RestartSeid"));
    await absent.pass();
    assert.equal(absent.condition("Failed"), "True/TargetResolveFailed");
    assert.match(absent.message("Failed"), /"rpc-0".*"sei"/);
    assert.equal(absent.status.task, undefined);

    const w = world("RestartSeid");
    await w.passes(2);
    w.kube.remove("SeiNode", nodeKey);
    await w.pass();
    assert.equal(w.condition("Failed"), "True/TargetResolveFailed");
    assert.equal(w.status.task?.status, "Failed", "14.4");
    assert.match(w.status.task?.err ?? "", /rpc-0/);
  });

  test("a node that the cache does not show yet is asked for before the task fails", async () => {
    const w = world("RestartSeid");
    w.kube.cacheShows("SeiNode", nodeKey, undefined);
    await w.pass();
    assert.equal(w.status.phase, "Running");
  });

  test("14.3: a target that cannot be read is tried again, not failed", async () => {
    const w = world("RestartSeid");
    w.kube.failReads.set("SeiNode", apiError("transient", 503));
    assert.ok((await w.pass()).error);
    assert.equal(w.status.phase, undefined);
    assert.equal(w.condition("Reconciling"), "True/Submitting", "it must not read as done");
    w.kube.failReads.clear();
    await w.pass();
    assert.equal(w.status.phase, "Running");
  });

  test("16.4, 14.5: Initializing: phase Pending, looked at within 5 s, failed after requirePhaseTimeout", async () => {
    const w = new TaskWorld(seiNodeTask("RestartSeid"), seiNode({}, { phase: "Initializing" }), nodePod());
    assert.deepEqual(await w.pass(), { requeueAfterMs: 5_000 });
    assert.equal(w.status.phase, "Pending");
    assert.equal(w.condition("TargetReady"), "False/PhaseNotMet");
    assert.equal(w.condition("Reconciling"), "True/PhaseNotMet");
    assert.equal(w.message("Reconciling"), 'SeiNode "rpc-0" is Initializing, the task needs Running');
    const first = w.statusWrites;
    await w.clock.advance(299_000);
    const { requeueAfterMs = 0 } = await w.pass();
    assert.equal(w.statusWrites, first, "waiting writes nothing");
    assert.ok(
      requeueAfterMs <= 1_001,
      `the end of the wait is looked at in time, not in ${requeueAfterMs} ms`,
    );
    await w.clock.advance(1_001);
    await w.pass();
    assert.equal(w.condition("Failed"), "True/TargetResolveFailed");
    assert.equal(
      w.message("Failed"),
      'SeiNode "rpc-0" did not become Running within 5m0s, it is Initializing',
    );
    assert.equal(w.sidecar.posts.length, 0);
  });

  test("16.4: a wait of 3 min does not consume the 2 min of DiscoverPeers", async () => {
    const w = new TaskWorld(
      seiNodeTask("DiscoverPeers"),
      seiNode({ peers: [{ static: { addresses: ["a@b:1"] } }] }, { phase: "Initializing" }),
      nodePod(),
    );
    await w.pass();
    await w.clock.advance(180_000);
    w.changeNode({ status: { phase: "Running" } });
    await w.passes(2);
    assert.equal(w.status.phase, "Running");
    assert.equal(w.status.targetFirstObservedAt, undefined);
    await w.clock.advance(119_000);
    await w.pass();
    assert.equal(w.status.phase, "Running");
    await w.clock.advance(2_000);
    await w.pass();
    assert.equal(w.condition("Failed"), "True/Timeout");
  });

  test("a target that leaves the phase in mid-run is left alone, and goes on under the same id when it is back", async () => {
    const w = world("RestartSeid");
    await w.passes(2);
    const { gets } = w.sidecar;
    w.changeNode({ status: { phase: "Initializing" } });
    await w.clock.advance(10_000);
    await w.passes(3);
    assert.equal(w.sidecar.gets, gets);
    assert.equal(w.status.phase, "Running");
    assert.equal(w.condition("TargetReady"), "False/PhaseNotMet");
    w.changeNode({ status: { phase: "Running" } });
    w.sidecar.finish(w.status.task?.id ?? "");
    await w.end();
    assert.equal(w.status.phase, "Complete");
    assert.equal(w.sidecar.posts.length, 1);
  });

  test("a requirePhaseTimeout that is no duration fails the task by name instead of waiting for ever", async () => {
    const target = { nodeRef: { name: "rpc-0" }, requirePhaseTimeout: "five minutes" };
    const w = new TaskWorld(seiNodeTask("RestartSeid", { target }), seiNode({}, { phase: "Initializing" }));
    await w.pass();
    assert.equal(w.condition("Failed"), "True/TargetResolveFailed");
    assert.match(w.message("Failed"), /requirePhaseTimeout "five minutes"/);
  });
});

describe("the time limit", () => {
  test("16.2: RestartSeid that never ends times out at 10 min, told as the contract says", async () => {
    const w = world("RestartSeid");
    await w.passes(2);
    const status = await w.end(700_000);
    assert.equal(w.clock.monotonic(), 600_001, "not before, and at once when it is over");
    assert.equal(w.condition("Failed"), "True/Timeout");
    assert.match(w.message("Failed"), /^task did not complete within 10m0s/);
    assert.equal(status.task?.err, "timeout");
    assert.equal(status.task?.status, "Failed");
  });

  test("16.11, 14.2: a sidecar that refuses connections for the whole budget: Timeout, and the text says why", async () => {
    const w = world("RestartSeid", { timeoutSeconds: 30 });
    await w.pass();
    w.sidecar.broken = unreachable;
    await w.end(40_000);
    assert.equal(w.condition("Failed"), "True/Timeout");
    assert.equal(
      w.message("Failed"),
      "task did not complete within 30s; last seen: the sidecar does not answer",
    );
    assert.equal(w.sidecar.posts.length, 0);
  });

  test("a failing sidecar is told once, not at each try", async () => {
    const w = world("RestartSeid");
    await w.pass();
    w.sidecar.broken = unreachable;
    await w.pass();
    const told = w.statusWrites;
    for (let i = 0; i < 10; i++) {
      await w.clock.advance(5_000);
      await w.pass();
    }
    assert.equal(w.statusWrites, told);
    assert.equal(w.message("Reconciling"), "the sidecar does not answer");
  });

  for (const kind of ["RestartSeid", "GovSoftwareUpgrade"] as const) {
    test(`${kind}: what was not submitted in time is not submitted at all`, async () => {
      const w = world(kind, { timeoutSeconds: 30 });
      await w.pass();
      await w.clock.advance(60_000);
      w.restart();
      await w.end();
      assert.equal(w.condition("Failed"), "True/Timeout");
      assert.equal(w.sidecar.posts.length, 0);
    });
  }

  test("what completed before anybody looked has not timed out", async () => {
    const w = world("RestartSeid");
    await w.passes(2);
    w.sidecar.finish(w.status.task?.id ?? "");
    await w.clock.advance(3_600_000);
    await w.pass();
    assert.equal(w.status.phase, "Complete");
  });

  test("16.5: an execution without executionStartedAt gets it set to now, and times out from there", async () => {
    const w = world("RestartSeid");
    await w.passes(2);
    const { executionStartedAt: _, ...task } = w.status.task ?? { id: "", status: "Pending" as const };
    w.kube.put({ ...w.task, status: { ...w.status, task } } as SeiNodeTask);
    await w.clock.advance(3_600_000);
    await w.pass();
    assert.equal(w.status.phase, "Running");
    assert.equal(w.status.task?.executionStartedAt, formatTime(w.clock.now()));
    await w.clock.advance(601_000);
    await w.pass();
    assert.equal(w.condition("Failed"), "True/Timeout");
  });

  test("the kinds without a limit go on for as long as it takes", async () => {
    for (const kind of ["AwaitCondition", "AwaitNodesAtHeight", "GovVote", "GovSoftwareUpgrade"] as const) {
      const w = world(kind);
      await w.passes(2);
      await w.clock.advance(30 * 24 * 3_600_000);
      await w.pass();
      assert.equal(w.status.phase, "Running", kind);
    }
  });
});

describe("what cannot work", () => {
  test("16.9: a kind this controller does not know fails closed, without an execution", async () => {
    const task = seiNodeTask("RestartSeid");
    const w = new TaskWorld({
      ...task,
      spec: { ...task.spec, kind: "GovParamChange" as never },
    } as SeiNodeTask);
    await w.pass();
    assert.equal(w.condition("Failed"), "True/UnsupportedKind");
    assert.match(w.message("Failed"), /GovParamChange is not wired/);
    assert.equal(w.status.task, undefined);
    assert.equal(w.status.phase, "Failed");
  });

  for (const kind of kinds) {
    test(`16.9: ${kind} without its payload: ParamsBuildFailed, and the execution says so`, async () => {
      const { [Object.keys(payloads[kind])[0] as "restartSeid"]: _, ...spec } = seiNodeTask(kind).spec;
      const w = new TaskWorld({ ...seiNodeTask(kind), spec } as SeiNodeTask, seiNode(), nodePod());
      await w.pass();
      assert.equal(w.condition("Failed"), "True/ParamsBuildFailed");
      assert.match(w.status.task?.err ?? "", /is required when kind=/);
      assert.equal(w.status.task?.status, "Failed", "14.4");
      assert.equal(w.sidecar.posts.length, 0);
    });
  }

  test("an object without a spec fails instead of throwing for ever", async () => {
    const { spec: _, ...task } = seiNodeTask("RestartSeid");
    const w = new TaskWorld(task as SeiNodeTask);
    assert.deepEqual(await w.pass(), {});
    assert.equal(w.condition("Failed"), "True/ParamsBuildFailed");
  });

  test("16.6: DiscoverPeers with nothing to discover submits nothing and fails", async () => {
    for (const peers of [undefined, [{ label: { selector: { a: "b" } } }]]) {
      const w = world("DiscoverPeers");
      w.kube.put(seiNode(peers === undefined ? {} : { peers }));
      await w.pass();
      assert.equal(w.condition("Failed"), "True/ParamsBuildFailed");
      assert.match(w.message("Failed"), /no usable peer sources/);
      assert.equal(w.status.task?.status, "Failed");
      assert.equal(w.sidecar.posts.length, 0);
    }
  });

  test("14.6: a 400 is terminal, with the sidecar's text", async () => {
    const w = world("DiscoverPeers");
    w.kube.put(seiNode({ peers: [{ static: { addresses: ["a@b:1"] } }] }));
    await w.pass();
    w.sidecar.refusal = "unknown task type: discover-peers";
    await w.pass();
    assert.equal(w.condition("Failed"), "True/TaskTerminalError");
    assert.match(w.status.task?.err ?? "", /unknown task type: discover-peers/);
  });

  test("recorded arguments that make no sense: DeserializeFailed, nothing is submitted", async () => {
    const w = world("AwaitCondition");
    await w.pass();
    const task = { ...w.status.task, params: { condition: "moon" } };
    w.kube.put({ ...w.task, status: { ...w.status, task } } as SeiNodeTask);
    await w.pass();
    assert.equal(w.condition("Failed"), "True/DeserializeFailed");
    assert.equal(w.status.task?.status, "Failed", "14.4");
    assert.equal(w.sidecar.posts.length, 0);
  });
});

describe("edits", () => {
  test("14.7: a payload that is edited after the execution was recorded changes nothing", async () => {
    const w = world("AwaitNodesAtHeight");
    await w.pass();
    w.editTask({ awaitNodesAtHeight: { targetHeight: 99 } });
    await w.pass();
    assert.deepEqual(w.sidecar.posts[0]?.params, { condition: "height", targetHeight: 10 });
    w.editTask({ awaitNodesAtHeight: { targetHeight: 77 } });
    w.sidecar.forgetAll();
    w.restart();
    await w.pass();
    await w.clock.advance(1_000);
    await w.pass();
    assert.deepEqual(w.sidecar.posts[1]?.params, { condition: "height", targetHeight: 10 });
  });

  test("an execution of the Go operator, without recorded arguments, runs with those of the spec", async () => {
    const w = world("AwaitNodesAtHeight");
    await w.pass();
    const { params: _, ...task } = w.status.task ?? { id: "", status: "Pending" as const };
    w.kube.put({ ...w.task, status: { ...w.status, task } } as SeiNodeTask);
    w.restart();
    await w.pass();
    assert.deepEqual(w.sidecar.posts[0]?.params, { condition: "height", targetHeight: 10 });
    assert.deepEqual(w.status.task?.params, { condition: "height", targetHeight: 10 });
  });

  test("16.12: a task that ended is never written again, whatever happens to spec, node or sidecar", async () => {
    for (const error of [undefined, "boom"]) {
      const w = world("RestartSeid");
      w.sidecar.instantly = () => (error === undefined ? {} : { error });
      await w.end();
      const ended = structuredClone(w.status);
      const { writes } = w.kube;
      const count = writes.length;
      w.editTask({ timeoutSeconds: 1 });
      w.sidecar.forgetAll();
      await w.passes(2);
      w.kube.remove("SeiNode", nodeKey);
      await w.clock.advance(3_600_000);
      w.restart();
      await w.passes(2);
      assert.deepEqual(w.status, ended);
      assert.equal(writes.length, count);
      assert.equal(w.sidecar.posts.length, 1);
    }
  });

  test("a task that is only held by a finalizer begins nothing", async () => {
    const w = world("RestartSeid");
    const { task } = w;
    w.kube.put({ ...task, metadata: { ...task.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
    await w.passes(3);
    assert.equal(w.sidecar.posts.length, 0);
    assert.equal(w.statusWrites, 0);
  });

  test("14.9: a task that is gone is forgotten, its series too", async () => {
    const w = world("RestartSeid");
    await w.passes(2);
    w.kube.remove("SeiNodeTask", taskKey);
    assert.deepEqual(await w.pass(), {});
    assert.deepEqual(w.forgotten, ["sei/task"]);
  });
});
