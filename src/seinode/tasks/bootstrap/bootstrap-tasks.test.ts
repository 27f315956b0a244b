import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManualClock } from "#clock";
import type { Job, KubeObject, Logger, Pod, Service } from "#kube";
import { buildPlan } from "#plan";
import { apiError, FakeClient } from "../../../kube/testing/fake-client.ts";
import { openPass, type Pass } from "../../pass.ts";
import { SidecarProbes } from "../../probe.ts";
import { renderBootstrapJob, renderBootstrapService, renderHeadlessService } from "../../render/index.ts";
import { seiNode, settings, pod as statefulSetPod } from "../../testing.ts";
import {
  awaitBootstrapComplete,
  deployBootstrapJob,
  deployBootstrapService,
  teardownBootstrap,
  tendBootstrapJob,
} from "./index.ts";

const node = seiNode({
  fullNode: { snapshot: { s3: { targetHeight: 7 }, bootstrapImage: "sei:v0" } },
});
const jobKey = { namespace: "sei", name: "rpc-0-bootstrap" };
const nodeKey = { namespace: "sei", name: "rpc-0" };
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

function pass(change: Partial<Pass> = {}): Pass {
  const context = { signal: new AbortController().signal, log: silent };
  return Object.assign(openPass({ clock: new ManualClock() }, "sei/rpc-0", node, context), change);
}

type Condition = NonNullable<NonNullable<Job["status"]>["conditions"]>[number];
const ended = (type: "Complete" | "Failed", message = ""): Job["status"] => ({
  conditions: [{ type, status: "True", message } as Condition],
});

function job(change: { status?: Job["status"]; metadata?: object; planId?: string } = {}): Job {
  const rendered = renderBootstrapJob(node, settings, change.planId ?? "plan-1");
  const metadata = { ...rendered.metadata, uid: "job-uid", resourceVersion: "1", ...change.metadata };
  return { ...rendered, metadata, ...(change.status && { status: change.status }) } as Job;
}

function jobPod(change: { metadata?: object; phase?: "Running" | "Succeeded" } = {}): Pod {
  const made = statefulSetPod();
  const owner = { apiVersion: "batch/v1", kind: "Job", name: jobKey.name, uid: "job-uid", controller: true };
  const metadata = {
    ...made.metadata,
    name: "rpc-0-bootstrap-abcde",
    uid: "job-pod-uid",
    labels: { "sei.io/node": "rpc-0", "sei.io/component": "bootstrap" },
    ownerReferences: [owner],
    ...change.metadata,
  };
  return { ...made, metadata, status: { ...made.status, phase: change.phase ?? "Running" } };
}

const service = (metadata: object = {}): Service => {
  const rendered = renderBootstrapService(node);
  const identity = { uid: "service-uid", resourceVersion: "1" };
  return { ...rendered, metadata: { ...rendered.metadata, ...identity, ...metadata } } as Service;
};

const foreignOwner = [{ apiVersion: "v1", kind: "Other", name: "x", uid: "other", controller: true }];
const predecessor = [
  { apiVersion: "sei.io/v1alpha1", kind: "SeiNode", name: "rpc-0", uid: "old", controller: true },
];
const on = (world: FakeClient) => ({ client: world.client, settings });
const verbs = (world: FakeClient) => world.writes.map(({ verb, kind }) => `${verb} ${kind}`);

describe("deploy-bootstrap-service", () => {
  const deploy = (world: FakeClient) => deployBootstrapService(on(world), pass());

  test("creates it once; a second run finds its own", async () => {
    const world = new FakeClient();
    assert.equal((await deploy(world)).state, "complete");
    assert.equal((await deploy(world)).state, "complete");
    assert.deepEqual(verbs(world), ["create Service", "create Service"]);
  });

  test("waits for one that is on its way out, or is the predecessor's", async () => {
    for (const change of [{ deletionTimestamp: "2026-01-01T00:00:00Z" }, { ownerReferences: predecessor }]) {
      assert.equal((await deploy(new FakeClient().put(service(change)))).state, "running");
    }
  });

  test("leaves somebody else's alone and names the owner", async () => {
    const world = new FakeClient().put(service({ ownerReferences: foreignOwner }));
    await assert.rejects(deploy(world), /Service rpc-0 .* Other x/);
  });
});

describe("deploy-bootstrap-job", () => {
  const deploy = (world: FakeClient, change: Partial<Pass> = {}, planId = "plan-1") =>
    deployBootstrapJob(on(world), pass(change), planId);

  test("creates it with the mark of its plan", async () => {
    const world = new FakeClient();
    assert.deepEqual(await deploy(world), { state: "complete" });
    const body = world.writes[0]?.body as KubeObject;
    assert.equal(body.metadata.annotations?.["sei.io/plan"], "plan-1");
  });

  test("a create whose answer was lost is found again: the Job is ours and of this plan", async () => {
    const world = new FakeClient();
    world.failNext.set("create Job", apiError("transient", 503));
    await assert.rejects(deploy(world));
    assert.deepEqual(await deploy(world.put(job())), { state: "complete" });
  });

  test("a stale cache that does not show our Job makes no second one", async () => {
    const world = new FakeClient().put(job()).cacheShows("Job", jobKey, undefined);
    assert.deepEqual(await deploy(world), { state: "complete" });
  });

  test("a Job of the reference operator is adopted", async () => {
    const made = job();
    delete made.metadata.annotations;
    assert.deepEqual(await deploy(new FakeClient().put(made)), { state: "complete" });
  });

  test("a Job of an earlier plan is removed in the foreground by its uid, then made anew", async () => {
    const world = new FakeClient().put(job({ planId: "plan-0", status: ended("Failed") }));
    assert.equal((await deploy(world)).state, "running");
    const deletion = world.writes.find(({ verb }) => verb === "delete");
    assert.deepEqual(deletion?.options, {
      preconditions: { uid: "job-uid" },
      propagationPolicy: "Foreground",
    });
    assert.deepEqual(await deploy(world), { state: "complete" });
  });

  test("D16: is not made while a pod of the StatefulSet is there, seen or not by the cache", async () => {
    const statefulSet = {
      metadata: { uid: "sts-uid", generation: 1 },
      status: { observedGeneration: 1, replicas: 0 },
    } as NonNullable<Pass["statefulSet"]>;
    const seen = await deploy(new FakeClient(), { podsLeft: 1, statefulSet });
    assert.equal(seen.state, "running");
    const own = statefulSetPod();
    const hidden = new FakeClient()
      .put(own)
      .cacheShows("Pod", { namespace: "sei", name: "rpc-0-0" }, undefined);
    assert.equal((await deploy(hidden, { statefulSet })).state, "running");
    assert.deepEqual(verbs(hidden), []);
    const gone = new FakeClient();
    assert.equal((await deploy(gone, { statefulSet })).state, "complete");
  });

  test("D16: is not made before the StatefulSet controller has seen the 0", async () => {
    const statefulSet = { metadata: { uid: "sts-uid", generation: 2 }, status: { observedGeneration: 1 } };
    const outcome = await deploy(new FakeClient(), {
      statefulSet: statefulSet as Pass["statefulSet"] & object,
    });
    assert.equal(outcome.state, "running");
  });

  test("leaves somebody else's alone", async () => {
    const world = new FakeClient().put(job({ metadata: { ownerReferences: foreignOwner } }));
    await assert.rejects(deploy(world), /Job rpc-0-bootstrap .* Other x/);
  });
});

describe("await-bootstrap-complete", () => {
  const wait = (world: FakeClient, change: Partial<Pass> = {}) =>
    awaitBootstrapComplete({ ...on(world), sidecars: noSidecars, probes }, pass(change), "plan-1");
  const probes = new SidecarProbes(new ManualClock(), () => {});
  const noSidecars = () => assert.fail("without a pod that runs nobody is asked");

  test("waits while the Job runs, and says for which height", async () => {
    assert.deepEqual(await wait(new FakeClient().put(job())), {
      state: "running",
      waitingFor: "the bootstrap Job to reach height 7",
    });
  });

  test("is complete with the Job", async () => {
    assert.deepEqual(await wait(new FakeClient().put(job({ status: ended("Complete") }))), {
      state: "complete",
    });
  });

  test("fails with the Job's message", async () => {
    const world = new FakeClient().put(job({ status: ended("Failed", "backoff limit reached") }));
    assert.deepEqual(await wait(world), {
      state: "failed",
      error: "bootstrap Job rpc-0-bootstrap failed: backoff limit reached",
    });
  });

  test("Q-22: fails when the Job is gone for sure", async () => {
    assert.equal((await wait(new FakeClient())).state, "failed");
  });

  test("a cache that does not show the Job yet is no failure", async () => {
    const world = new FakeClient().put(job()).cacheShows("Job", jobKey, undefined);
    assert.equal((await wait(world)).state, "running");
  });

  test("a cache that still shows the end of an earlier Job is not believed", async () => {
    const world = new FakeClient()
      .put(job({ metadata: { uid: "new" } }))
      .cacheShows("Job", jobKey, job({ status: ended("Failed") }));
    assert.equal((await wait(world)).state, "running");
  });

  test("somebody else's Job of that name is no success", async () => {
    const metadata = { ownerReferences: foreignOwner };
    const world = new FakeClient().put(job({ status: ended("Complete"), metadata }));
    assert.equal((await wait(world)).state, "failed");
  });
});

describe("teardown-bootstrap", () => {
  const tearDown = (world: FakeClient) => teardownBootstrap(on(world), pass());

  test("Q-13: deletes Job and Service by uid and is complete only when the pod is gone too", async () => {
    const world = new FakeClient().put(job(), jobPod(), service());
    assert.equal((await tearDown(world)).state, "running");
    assert.deepEqual(verbs(world), ["delete Job", "delete Service"]);
    for (const { options } of world.writes) assert.ok(JSON.stringify(options).includes('"uid":'));
    assert.deepEqual(await tearDown(world), {
      state: "running",
      waitingFor: "pod rpc-0-bootstrap-abcde of the bootstrap to be gone",
    });
    world.remove("Pod", { namespace: "sei", name: "rpc-0-bootstrap-abcde" });
    assert.deepEqual(await tearDown(world), { state: "complete" });
  });

  test("a cache that shows nothing any more does not hide what is live", async () => {
    const world = new FakeClient().put(job(), jobPod());
    world.cacheShows("Job", jobKey, undefined);
    world.cacheShows("Pod", { namespace: "sei", name: "rpc-0-bootstrap-abcde" }, undefined);
    assert.equal((await tearDown(world)).state, "running");
    assert.deepEqual(verbs(world), ["delete Job"]);
  });

  test("nothing is deleted before the plan on record says how the Job ended: a crash would bootstrap again", async () => {
    const world = new FakeClient().put(job({ status: ended("Complete") }), jobPod(), service());
    const plan = buildPlan({ id: "plan-1", tasks: [{ type: "await-bootstrap-complete" }] });
    const early = await teardownBootstrap(on(world), pass({ node: { ...node, status: { plan } } }));
    assert.deepEqual(early, {
      state: "running",
      waitingFor: "the end of the bootstrap Job to be recorded",
      pollAfterMs: 1,
    });
    assert.deepEqual(verbs(world), []);

    const recorded = plan.tasks.map((task) => ({ ...task, status: "Complete" as const }));
    const status = { plan: { ...plan, tasks: recorded } };
    await teardownBootstrap(on(world), pass({ node: { ...node, status } }));
    assert.deepEqual(verbs(world), ["delete Job", "delete Service"]);
  });

  test("a Job that is being deleted is not deleted again", async () => {
    const metadata = { deletionTimestamp: "2026-01-01T00:00:00Z" };
    const world = new FakeClient().put(job({ metadata }));
    assert.equal((await tearDown(world)).state, "running");
    assert.deepEqual(verbs(world), []);
  });

  test("what was gone already is complete, and a delete that meets nothing is fine", async () => {
    assert.deepEqual(await tearDown(new FakeClient()), { state: "complete" });
    const world = new FakeClient().put(job());
    world.failNext.set("delete Job", apiError("notFound", 404));
    assert.equal((await tearDown(world)).state, "running");
  });

  test("the node's own Service and everything of others stays", async () => {
    const own = renderHeadlessService(node);
    const identity = { uid: "own", resourceVersion: "1" };
    const world = new FakeClient().put({ ...own, metadata: { ...own.metadata, ...identity } } as Service);
    assert.deepEqual(await tearDown(world), { state: "complete" });
    const theirs = new FakeClient().put(
      job({ metadata: { ownerReferences: foreignOwner } }),
      service({ ownerReferences: foreignOwner }),
    );
    assert.deepEqual(await tearDown(theirs), { state: "complete" });
    assert.deepEqual([...verbs(world), ...verbs(theirs)], []);
    assert.ok(world.live("Service", nodeKey));
  });

  test("a pod cut loose from its Job is waited for until it has ended", async () => {
    const loose = { metadata: { ownerReferences: [] } };
    assert.equal((await tearDown(new FakeClient().put(jobPod(loose)))).state, "running");
    const over = new FakeClient().put(jobPod({ ...loose, phase: "Succeeded" }));
    assert.equal((await tearDown(over)).state, "complete");
  });
});

describe("a bootstrap pod whose sidecar does not run", () => {
  const tend = (world: FakeClient, change: Partial<Pass> = {}, type = "config-apply") => {
    const plan = buildPlan({ id: "plan-1", tasks: [{ type }] });
    const [task] = plan.tasks;
    assert.ok(task);
    return tendBootstrapJob(on(world), pass(change), { plan, task });
  };

  test("is waited for while its Job runs", async () => {
    assert.equal(await tend(new FakeClient().put(job())), undefined);
  });

  test("fails the plan with the reason of a Job that failed", async () => {
    const failed = job({ status: ended("Failed", "no disk") });
    assert.deepEqual(await tend(new FakeClient().put(failed), { bootstrapJob: failed }), {
      state: "terminal",
      error: "bootstrap Job rpc-0-bootstrap failed: no disk",
    });
  });

  test("has done mark-ready when its Job succeeded, and nothing else", async () => {
    const over = job({ status: ended("Complete") });
    const world = new FakeClient().put(over);
    assert.deepEqual(await tend(world, { bootstrapJob: over }, "mark-ready"), { state: "complete" });
    assert.equal((await tend(world, { bootstrapJob: over }))?.state, "terminal");
  });

  test("is not failed by a cache that still shows an earlier Job", async () => {
    const world = new FakeClient().put(job({ metadata: { uid: "new" } }));
    assert.equal(await tend(world, { bootstrapJob: job({ status: ended("Failed") }) }), undefined);
  });

  test("gets its Job made again when somebody deleted it", async () => {
    const world = new FakeClient();
    assert.equal(await tend(world), undefined);
    assert.deepEqual(verbs(world), ["create Job"]);
  });

  test("D24: gets another Job when it cannot start and the image was corrected, and only then", async () => {
    const stuck = jobPod();
    const waiting = { reason: "ImagePullBackOff" };
    stuck.status = {
      containerStatuses: [
        { name: "seid", image: "x", imageID: "", ready: false, restartCount: 0, state: { waiting } },
      ],
    };
    const unchanged = new FakeClient().put(job());
    assert.equal(await tend(unchanged, { bootstrapJob: job(), pod: stuck }), undefined);
    const outdated = structuredClone(job());
    for (const container of outdated.spec?.template.spec?.containers ?? []) container.image = "sei:typo";
    const world = new FakeClient().put(outdated);
    assert.equal((await tend(world, { bootstrapJob: outdated, pod: stuck }))?.state, "running");
    assert.deepEqual(verbs(world), ["delete Job"]);
    assert.equal(
      await tend(new FakeClient().put(outdated), { bootstrapJob: outdated, pod: jobPod() }),
      undefined,
    );
  });
});
