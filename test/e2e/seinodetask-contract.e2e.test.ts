/** The checks of spec/seinodetask.md 16 and the replacements of its section 14, by number, on a real control plane. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type SeiNodeDeployment, type SeiNodeTask, seiNodeDeployments, seiNodes, seiNodeTasks } from "#api";
import { formatTime, systemClock } from "#clock";
import type { DeepReadonly } from "#kube";
import { seiNodeTaskId } from "#plan";
import { isWrite } from "../harness/audit.ts";
import { kubectl } from "../harness/kubectl.ts";
import { endWorld } from "../harness/manners.ts";
import { scrape, untilMetrics } from "../harness/metrics.ts";
import { condition, IMAGE_V1, IMAGE_V2, NAMESPACE, World } from "../harness/world.ts";

const PEER = `${"0123456789".repeat(4)}@peer.example.org:26656`;
const restartSeid = { restartSeid: {} };
/** Nobody gets there in a test. */
const farAway = { awaitNodesAtHeight: { targetHeight: 1_000_000_000 } };

let world: World;
before(async () => {
  world = await World.start({ faults: true });
  const nodes = ["steady", "fails", "refused", "hung", "broken", "restarts", "edited", "endless"];
  await Promise.all(nodes.map((name) => world.createNode(name)));
  await Promise.all(nodes.map((name) => world.untilReady(name)));
});
after(() => endWorld(world));

const simulated = (name: string) => world.simulator.node(NAMESPACE, name);
const key = (name: string) => ({ namespace: NAMESPACE, name });
const reason = (task: DeepReadonly<SeiNodeTask>, type: string) => condition(task, type)?.reason;
const accepted = (name: string) =>
  world.untilTask(name, "is accepted", (task) => task.status?.task?.submittedAt !== undefined);
const recorded = (name: string) =>
  world.untilTask(name, "is recorded", (task) => task.status?.task !== undefined);
const idOf = (task: DeepReadonly<SeiNodeTask>) => task.status?.task?.id ?? "";

/** What the manager wrote about this task. */
async function writesAbout(name: string): Promise<readonly string[]> {
  return (await world.audit())
    .filter((record) => isWrite(record) && record.resource.startsWith("seinodetasks") && record.name === name)
    .map(({ verb, resource, code }) => `${verb} ${resource} ${code}`);
}

describe("section 16", { concurrency: 4 }, () => {
  test("16.1: the execution is written down before anything is submitted, under the deterministic id, and submitted exactly once", async () => {
    const order: string[] = [];
    world.faults.api = async (request, forward) => {
      const answer = await forward();
      if (request.name === "ordered" && request.resource === "seinodetasks/status") {
        const { status } = JSON.parse(request.body) as { status: NonNullable<SeiNodeTask["status"]> };
        order.push(
          `status ${status.phase ?? ""} ${status.task?.id ?? ""} ${status.task?.submittedAt ?? ""}`.trim(),
        );
      }
      return answer;
    };
    world.faults.sidecar = (request, forward) => {
      if (request.method === "POST" && request.node === "steady")
        order.push(`POST ${JSON.parse(request.body).id}`);
      return forward();
    };
    const { metadata } = await world.createTask("ordered", "RestartSeid", "steady", restartSeid);
    const task = await world.untilEnded("ordered", "Complete");
    world.faults.heal();
    const id = seiNodeTaskId(metadata.uid, "RestartSeid");
    assert.equal(idOf(task), id);
    assert.deepEqual(order.slice(0, 2), [`status Running ${id}`, `POST ${id}`]);
    assert.equal(order.filter((line) => line.startsWith("POST")).length, 1);
  });

  test("16.2, 14.1: RestartSeid that fails after several polls is Failed with the sidecar's text, after exactly one submission", async () => {
    const fail = "seid (pid 42) still alive 1m30s after SIGTERM; left running";
    simulated("fails").script("restart-seid", { fail, untilPoll: 5 });
    await world.createTask("fails-late", "RestartSeid", "fails", restartSeid);
    const task = await world.untilEnded("fails-late", "Failed");
    assert.equal(reason(task, "Failed"), "TaskFailed");
    assert.equal(condition(task, "Failed")?.message, fail);
    assert.deepEqual([task.status?.task?.status, task.status?.task?.err], ["Failed", fail]);
    assert.equal(simulated("fails").postCounts.get(idOf(task)), 1);
    assert.equal(simulated("fails").executionsOf(idOf(task)), 1);
    const event = await world.untilEvent("fails-late", "TaskFailed");
    assert.deepEqual(
      [event.type, event.message, event.source?.component],
      ["Warning", fail, "seinodetask-controller"],
    );
    assert.match(
      await kubectl(world, ["wait", "--for=condition=Failed", "snt/fails-late", "--timeout=10s"]),
      /condition met/,
    );
  });

  test("16.2: RestartSeid that never ends times out after its 10 min, not before", async () => {
    simulated("endless").script("restart-seid", { hang: true });
    await world.createTask("endless", "RestartSeid", "endless", restartSeid);
    await accepted("endless");
    // Nobody waits that long here: it began almost 10 minutes ago.
    const executionStartedAt = formatTime(systemClock.now() - 597_000);
    await world.rest.mergePatch(
      seiNodeTasks,
      key("endless"),
      { status: { task: { executionStartedAt } } },
      { subresource: "status" },
    );
    const task = await world.untilEnded("endless", "Failed");
    assert.equal(reason(task, "Failed"), "Timeout");
    assert.match(condition(task, "Failed")?.message ?? "", /^task did not complete within 10m0s/);
    assert.deepEqual([task.status?.task?.status, task.status?.task?.err], ["Failed", "timeout"]);
    const tookMs = Date.parse(task.status?.phaseTransitionTime ?? "") - Date.parse(executionStartedAt);
    assert.ok(tookMs >= 600_000, `${tookMs} ms`);
    assert.equal(simulated("endless").postCounts.get(idOf(task)), 1);
  });

  test("16.4: a target that is not there fails the task, naming it; one that is Initializing fails it after requirePhaseTimeout", async () => {
    await world.createTask("lost", "RestartSeid", "nobody", restartSeid);
    const lost = await world.untilEnded("lost", "Failed");
    assert.equal(reason(lost, "Failed"), "TargetResolveFailed");
    assert.match(condition(lost, "Failed")?.message ?? "", /"nobody" .* "sei"/);

    simulated("slow").script("config-apply", { hang: true });
    await world.createNode("slow");
    await world.createTask("impatient", "RestartSeid", "slow", restartSeid, {
      target: { requirePhaseTimeout: "2s" },
    });
    // 14.5: the phase says that it waits.
    const waits = await world.untilTask("impatient", "waits", (task) => task.status?.phase === "Pending");
    assert.equal(condition(waits, "TargetReady")?.status, "False");
    assert.equal(condition(waits, "Reconciling")?.status, "True");
    const impatient = await world.untilEnded("impatient", "Failed");
    assert.equal(reason(impatient, "Failed"), "TargetResolveFailed");
    assert.match(
      condition(impatient, "Failed")?.message ?? "",
      /did not become Running within 2s, it is Initializing/,
    );
    assert.equal(impatient.status?.task, undefined);

    // Charged is the work, not the wait: it goes on when the node is there.
    await world.createTask("patient", "RestartSeid", "slow", restartSeid, { timeoutSeconds: 30 });
    await world.untilTask("patient", "waits", (task) => task.status?.phase === "Pending");
    await world.untilNode(
      "slow",
      "hangs in config-apply",
      ({ status }) =>
        status?.plan?.tasks.some(
          ({ type, submittedAt }) => type === "config-apply" && submittedAt !== undefined,
        ) === true,
    );
    simulated("slow").heal();
    // It runs the task again by itself, which does not hang any more.
    simulated("slow").sidecar.crash();
    const patient = await world.untilEnded("patient", "Complete");
    const node = world.nodes.get(key("slow"));
    const since = Date.parse(node?.status?.phaseTransitionTime ?? "");
    const startedAt = Date.parse(patient.status?.task?.executionStartedAt ?? "");
    assert.ok(startedAt >= since, "the clock of the execution starts when the target is there");
  });

  test("16.6: DiscoverPeers with mixed sources drops only the label that resolves to nothing; without any it submits nothing", async () => {
    const label = { label: { selector: { nobody: "has-it" } } };
    await world.createNode("mixed", { peers: [label, { static: { addresses: [PEER] } }] });
    await world.createNode("unresolved", { peers: [label] });
    await Promise.all([world.untilReady("mixed"), world.untilReady("unresolved")]);
    await world.createTask("mixed-peers", "DiscoverPeers", "mixed", { discoverPeers: {} });
    await world.createTask("no-peers", "DiscoverPeers", "unresolved", { discoverPeers: {} });
    const mixed = await world.untilEnded("mixed-peers", "Complete");
    assert.deepEqual(mixed.status?.task?.params, { sources: [{ type: "static", addresses: [PEER] }] });
    const none = await world.untilEnded("no-peers", "Failed");
    assert.equal(reason(none, "Failed"), "ParamsBuildFailed");
    assert.equal(simulated("unresolved").posts("discover-peers").length, 0);
  });

  test("16.7: the key of a vote: explicit, then that of the node's keyring, node_admin if it names none, else validator", async () => {
    const keyring = (name: string, keyName?: string) => ({
      operatorKeyring: {
        secret: {
          secretName: `${name}-keyring`,
          passphraseSecretRef: { secretName: `${name}-passphrase`, key: "word" },
          ...(keyName && { keyName }),
        },
      },
    });
    // Their Secrets never come: which key would be used is settled before.
    await world.createNode("keyed", { validator: keyring("keyed", "their-key") });
    await world.createNode("unnamed", { validator: keyring("unnamed") });
    await world.createNode("keyless", { validator: {} });
    const vote = { chainId: "pacific-1", proposalId: 1, option: "yes", fees: "1usei", gas: 1 } as const;
    const cases = [
      ["keyed", "mine", "mine"],
      ["keyed", undefined, "their-key"],
      ["unnamed", undefined, "node_admin"],
      ["keyless", undefined, "validator"],
    ] as const;
    for (const [node, keyName, expected] of cases) {
      const name = `key-${expected.replace("_", "-")}`;
      const phase = node === "keyless" ? "Running" : "Initializing";
      const govVote = { ...vote, ...(keyName && { keyName }) };
      await world.createTask(name, "GovVote", node, { govVote }, { target: { requirePhase: phase } });
      const task = await recorded(name);
      assert.deepEqual(task.status?.task?.params, { ...vote, keyName: expected });
    }
  });

  test("16.11, 14.2: sidecars that refuse, hang or answer 500 for the whole budget: Timeout, and nothing is submitted", async () => {
    simulated("refused").fault({ kind: "refuse" });
    simulated("hung").fault({ kind: "hang" });
    simulated("broken").fault({ kind: "status", status: 500 }, { path: /^\/v0\/tasks/ });
    const nodes = ["refused", "hung", "broken"];
    for (const node of nodes)
      await world.createTask(`${node}-all-along`, "RestartSeid", node, restartSeid, { timeoutSeconds: 4 });
    for (const node of nodes) {
      const task = await world.untilEnded(`${node}-all-along`, "Failed");
      assert.equal(reason(task, "Failed"), "Timeout", node);
      assert.match(
        condition(task, "Failed")?.message ?? "",
        /^task did not complete within 4s; last seen: \S/,
      );
      assert.deepEqual([task.status?.task?.status, task.status?.task?.err], ["Failed", "timeout"]);
      assert.equal(simulated(node).postCounts.get(idOf(task)), undefined);
      simulated(node).heal();
    }
  });

  test("a sidecar that crashes in mid-task runs it again by itself: one POST, Complete", async () => {
    simulated("restarts").script("restart-seid", { delayMs: 60_000, times: 1 });
    await world.createTask("crashed-over", "RestartSeid", "restarts", restartSeid);
    await accepted("crashed-over");
    simulated("restarts").sidecar.crash();
    const task = await world.untilEnded("crashed-over", "Complete");
    assert.equal(simulated("restarts").postCounts.get(idOf(task)), 1);
  });

  test("16.12: a task that ended is never written again, whatever happens to its spec, its node or the sidecar", async () => {
    await world.createNode("doomed");
    await world.untilReady("doomed");
    await world.createTask("over", "RestartSeid", "doomed", restartSeid);
    const over = await world.untilEnded("over", "Complete");
    const writes = await writesAbout("over");
    await world.patchTask("over", { spec: { timeoutSeconds: 1 } });
    simulated("doomed").loseVolume();
    await world.rest.delete(seiNodes, key("doomed"));
    await world.untilGone(world.nodes, key("doomed"));
    // Comes after all of that in the same queue.
    await world.createTask("afterwards", "RestartSeid", "doomed", restartSeid);
    await world.untilEnded("afterwards", "Failed");
    const live = await world.rest.get<SeiNodeTask>(seiNodeTasks, key("over"));
    assert.deepEqual(live.status, over.status);
    assert.deepEqual(await writesAbout("over"), writes);
    assert.deepEqual(writes, ["patch seinodetasks/status 200", "patch seinodetasks/status 200"]);
  });
});

describe("section 14", { concurrency: 4 }, () => {
  test("14.3: a target that cannot be read is asked for again, not taken for absent", async () => {
    let refused = 0;
    world.faults.api = (request, forward) => {
      if (request.verb !== "get" || request.name !== "late-node" || refused >= 3) return forward();
      refused += 1;
      return Promise.resolve({ status: 503, headers: { "content-type": "text/plain" }, body: "away" });
    };
    await world.createTask("early", "RestartSeid", "late-node", restartSeid);
    await world.createNode("late-node");
    const task = await world.untilEnded("early", "Complete");
    world.faults.heal();
    assert.ok(refused >= 1);
    assert.equal(task.status?.phase, "Complete");
  });

  test("14.4: a node that goes away in mid-run fails the task, and the execution says so, too", async () => {
    await world.createNode("leaving");
    await world.untilReady("leaving");
    await world.createTask("left-behind", "AwaitNodesAtHeight", "leaving", farAway);
    await accepted("left-behind");
    await world.rest.delete(seiNodes, key("leaving"));
    const task = await world.untilEnded("left-behind", "Failed");
    assert.equal(reason(task, "Failed"), "TargetResolveFailed");
    assert.equal(task.status?.task?.status, "Failed");
    assert.match(task.status?.task?.err ?? "", /SeiNode "leaving"/);
  });

  test("14.6: a sidecar that does not know the type ends the task at once, with its text", async () => {
    simulated("newer").sidecar.version = "new";
    await world.createNode("newer");
    await world.untilReady("newer");
    await world.patchNode("newer", { spec: { peers: [{ static: { addresses: [PEER] } }] } });
    await world.createTask("unknown-type", "DiscoverPeers", "newer", { discoverPeers: {} });
    const task = await world.untilEnded("unknown-type", "Failed");
    assert.equal(reason(task, "Failed"), "TaskTerminalError");
    assert.match(task.status?.task?.err ?? "", /unknown task type: discover-peers/);
    assert.equal(simulated("newer").postCounts.get(idOf(task)), 1);
  });

  test("14.7: a payload that is edited after the task was recorded changes nothing of what is sent", async () => {
    const cure = simulated("edited").fault({ kind: "refuse" });
    await world.createTask("edited", "AwaitNodesAtHeight", "edited", {
      awaitNodesAtHeight: { targetHeight: 1 },
    });
    await recorded("edited");
    await world.patchTask("edited", { spec: { awaitNodesAtHeight: { targetHeight: 1_000_000_000 } } });
    cure();
    const task = await world.untilEnded("edited", "Complete");
    const [post] = simulated("edited").posts("await-condition");
    assert.deepEqual(post?.params, { condition: "height", targetHeight: 1 });
    assert.equal(simulated("edited").postCounts.get(idOf(task)), 1);
  });

  test("14.8: an UpdateNodeImage whose node goes back to another image before it was seen does not tell the wanted one", async () => {
    world.simulator.images.failPull("sei:bad");
    await world.createNode("swings");
    await world.untilReady("swings");
    await world.createTask("swinging", "UpdateNodeImage", "swings", {
      updateNodeImage: { image: "sei:bad" },
    });
    await world.untilNode("swings", "has the image", (node) => node.spec.image === "sei:bad");
    await world.patchNode("swings", { spec: { image: IMAGE_V2 } });
    await world.untilReady("swings", IMAGE_V2);
    const task = await world.untilTask("swinging", "says that it was overruled", (each) =>
      /spec\.image was set to sei:v2 meanwhile/.test(condition(each, "Reconciling")?.message ?? ""),
    );
    assert.equal(task.status?.outputs, undefined);
    assert.equal(world.nodes.get(key("swings"))?.spec.image, IMAGE_V2, "it is not fought over");
  });

  test("14.9: the series of a task go with it; its phase changes are counted", async () => {
    const { metricsUrl } = world.manager;
    await world.createTask("counted", "RestartSeid", "restarts", restartSeid);
    await world.untilEnded("counted", "Complete");
    const phases = { namespace: NAMESPACE, name: "counted" };
    const shown = await untilMetrics(
      metricsUrl,
      "phase Complete is 1",
      (metrics) => metrics.sum("sei_controller_seinodetask_phase", { ...phases, phase: "Complete" }) === 1,
    );
    assert.equal(shown.matching("sei_controller_seinodetask_phase", phases).length, 4);
    assert.ok(
      shown.sum("sei_controller_seinodetask_phase_transitions_total", {
        controller: "seinodetask",
        to_phase: "Complete",
      }) >= 1,
    );
    await world.rest.delete(seiNodeTasks, key("counted"));
    await untilMetrics(metricsUrl, "no series of it", (metrics) => !metrics.speaksOf(NAMESPACE, "counted"));
    assert.ok((await scrape(metricsUrl)).matching("sei_controller_seinodetask_phase").length > 0);
  });
});

describe("what is ours", { concurrency: 4 }, () => {
  test("ttlSecondsAfterFinished: a finished task goes when its time is over, also a failed one; without it, it stays", async () => {
    await world.createTask("kept", "MarkReady", "steady", { markReady: {} });
    await world.createTask(
      "short-lived",
      "MarkReady",
      "steady",
      { markReady: {} },
      { ttlSecondsAfterFinished: 1 },
    );
    await world.createTask("failed-and-gone", "RestartSeid", "nobody", restartSeid, {
      ttlSecondsAfterFinished: 0,
    });
    await world.createTask(
      "edited-ttl",
      "MarkReady",
      "steady",
      { markReady: {} },
      { ttlSecondsAfterFinished: 86_400 },
    );
    await world.untilEnded("edited-ttl", "Complete");
    await world.patchTask("edited-ttl", { spec: { ttlSecondsAfterFinished: 0 } });
    for (const name of ["short-lived", "failed-and-gone", "edited-ttl"])
      await world.untilGone(world.tasks, key(name));
    const deletes = (await world.audit()).filter(
      ({ verb, resource }) => verb === "delete" && resource === "seinodetasks",
    );
    for (const { deletion } of deletes)
      assert.ok(deletion?.preconditions?.uid && deletion.preconditions.resourceVersion);
    assert.equal(world.tasks.get(key("kept"))?.status?.phase, "Complete");
  });

  test("UpdateNodeImage on a node whose SeiNodeDeployment has another image writes nothing and says who would undo it; it goes on when the template has the image", async () => {
    const spec = {
      replicas: 1,
      updateStrategy: { type: "InPlace" },
      template: { spec: { chainId: "pacific-1", image: IMAGE_V1, fullNode: {} } },
    };
    const group = await world.rest.create<SeiNodeDeployment>(seiNodeDeployments, {
      apiVersion: "sei.io/v1alpha1",
      kind: "SeiNodeDeployment",
      metadata: { name: "group", namespace: NAMESPACE },
      spec,
    } as never);
    const owner = {
      apiVersion: group.apiVersion,
      kind: group.kind,
      name: "group",
      uid: group.metadata.uid,
      controller: true,
    };
    await world.createNode("group-0", {}, { ownerReferences: [owner] });
    await world.untilReady("group-0");
    await world.createTask("overruled", "UpdateNodeImage", "group-0", {
      updateNodeImage: { image: IMAGE_V2 },
    });
    const held = await world.untilTask(
      "overruled",
      "is held",
      (task) => condition(task, "OwnerWillRevert")?.status === "True",
    );
    assert.match(
      condition(held, "OwnerWillRevert")?.message ?? "",
      /SeiNodeDeployment "group" owns .* set spec\.template\.spec\.image/,
    );
    assert.equal(reason(held, "Reconciling"), "HeldByOwner");
    const event = await world.untilEvent("overruled", "OwnerWillRevert");
    assert.equal(event.type, "Warning");
    const { generation } = (await world.rest.get(seiNodes, key("group-0"))).metadata;
    // Each change of the node makes the task look again: that must not make it write.
    for (let i = 0; i < 3; i++)
      await world.patchNode("group-0", { metadata: { labels: { touched: String(i) } } });
    await world.createTask("beside", "MarkReady", "group-0", { markReady: {} });
    await world.untilEnded("beside", "Complete");
    assert.equal((await world.rest.get(seiNodes, key("group-0"))).metadata.generation, generation);
    assert.equal(world.eventsOf("overruled").length, 1);
    assert.equal((await writesAbout("overruled")).length, 2);

    const template = { spec: { template: { spec: { image: IMAGE_V2 } } } };
    await world.rest.mergePatch(seiNodeDeployments, key("group"), template);
    const done = await world.untilEnded("overruled", "Complete");
    assert.deepEqual(done.status?.outputs, { updateNodeImage: { appliedImage: IMAGE_V2 } });
    assert.equal(condition(done, "OwnerWillRevert")?.status, "False");
  });
});

test("16.8: UpdateNodeImage on a node that is gone live when its image is to be set is terminal, and nothing is written", async () => {
  const gone = JSON.stringify({
    apiVersion: "v1",
    kind: "Status",
    status: "Failure",
    reason: "NotFound",
    message: 'seinodes.sei.io "edited" not found',
    code: 404,
  });
  world.faults.api = (request, forward) =>
    request.verb === "get" && request.resource === "seinodes" && request.name === "edited"
      ? Promise.resolve({ status: 404, headers: { "content-type": "application/json" }, body: gone })
      : forward();
  await world.createTask("too-late", "UpdateNodeImage", "edited", { updateNodeImage: { image: IMAGE_V2 } });
  const task = await world.untilEnded("too-late", "Failed");
  world.faults.heal();
  assert.equal(reason(task, "Failed"), "TaskTerminalError");
  assert.equal(task.status?.task?.status, "Failed");
  assert.match(task.status?.task?.err ?? "", /"edited"/);
  assert.equal(world.nodes.get(key("edited"))?.spec.image, IMAGE_V1);
});

test("16.5: an execution of an older controller without executionStartedAt gets it set to now, and times out from there", async () => {
  await world.manager.stop();
  const { metadata } = await world.createTask("older", "AwaitNodesAtHeight", "steady", farAway, {
    timeoutSeconds: 3,
  });
  const id = seiNodeTaskId(metadata.uid, "AwaitNodesAtHeight");
  const status = {
    phase: "Running",
    startedAt: "2026-01-01T00:00:00Z",
    task: { id, status: "Pending", submittedAt: "2026-01-01T00:00:00Z" },
  };
  await world.rest.mergePatch(seiNodeTasks, key("older"), { status }, { subresource: "status" });
  await world.startManager();
  const set = await world.untilTask(
    "older",
    "has a start",
    (task) => task.status?.task?.executionStartedAt !== undefined,
  );
  assert.ok(
    Date.parse(set.status?.task?.executionStartedAt ?? "") >= Date.parse(metadata.creationTimestamp ?? ""),
  );
  const ended = await world.untilEnded("older", "Failed");
  assert.equal(reason(ended, "Failed"), "Timeout");
});

test("16.9: with a newer CRD, a kind that this controller does not know fails closed; without the rules, a missing payload is found", async () => {
  const path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec";
  const patch = [
    { op: "add", path: `${path}/properties/kind/enum/-`, value: "GovParamChange" },
    { op: "remove", path: `${path}/x-kubernetes-validations` },
  ];
  await world.controlPlane.kubectl([
    "patch",
    "crd",
    "seinodetasks.sei.io",
    "--type=json",
    "-p",
    JSON.stringify(patch),
  ]);
  await createWhenAccepted("future", "GovParamChange");
  const future = await world.untilEnded("future", "Failed");
  assert.equal(reason(future, "Failed"), "UnsupportedKind");
  assert.match(condition(future, "Failed")?.message ?? "", /GovParamChange is not wired/);
  assert.equal(future.status?.task, undefined);
  await world.createTask("empty", "RestartSeid", "steady", {});
  const empty = await world.untilEnded("empty", "Failed");
  assert.equal(reason(empty, "Failed"), "ParamsBuildFailed");
  assert.match(empty.status?.task?.err ?? "", /spec\.restartSeid is required/);
  const vote = {
    chainId: "pacific-1",
    proposalId: 2 ** 53 - 1,
    option: "yes",
    fees: "1usei",
    gas: 1,
  } as const;
  await world.createTask("largest", "GovVote", "steady", { govVote: vote });
  assert.deepEqual((await recorded("largest")).status?.task?.params, { ...vote, keyName: "validator" });
});

/** The server goes on validating with the old schema for a moment after the CRD was changed. */
async function createWhenAccepted(name: string, kind: string): Promise<void> {
  for (let left = 100; ; left--) {
    try {
      await world.createTask(name, kind, "steady", {});
      return;
    } catch (error) {
      if (left === 0) throw error;
      await world.controlPlane.kubectl(["get", "crd", "seinodetasks.sei.io"]);
    }
  }
}
