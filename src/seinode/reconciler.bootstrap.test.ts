/** A node with a bootstrap Job in whole passes, where the Job's pod or its sidecar goes away in the middle (design D16). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job, Pod } from "#kube";
import { PassWorld, withContainer } from "./pass-world.ts";
import { pod, seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const jobKey = { namespace: "sei", name: "rpc-0-bootstrap" };
const jobPodKey = { namespace: "sei", name: "rpc-0-bootstrap-abcde" };

class BootstrapWorld extends PassWorld {
  constructor() {
    super(seiNode({ fullNode: { snapshot: { s3: { targetHeight: 7 }, bootstrapImage: "sei:v0" } } }), {
      statefulSet: null,
      pod: null,
      rollsOut: true,
    });
  }

  job(): Job | undefined {
    return this.kube.live("Job", jobKey) as Job | undefined;
  }

  /** The Job controller and the kubelet: a pod whose sidecar waits for its mark-ready. */
  startJobPod(): void {
    const job = this.job();
    assert.ok(job, "there is no bootstrap Job");
    const made = pod();
    const { name, uid } = job.metadata;
    const metadata = {
      ...made.metadata,
      ...jobPodKey,
      uid: `pod-of-${uid}`,
      labels: { "sei.io/node": "rpc-0", "sei.io/component": "bootstrap" },
      ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name, uid, controller: true }],
    };
    this.kube.put({ ...made, metadata });
    this.sidecar.ready = false;
  }

  deleteJob(): void {
    this.kube.remove("Job", jobKey).remove("Pod", jobPodKey);
  }

  /** seid has reached its height; once the Job is deleted, its pod goes with it. */
  async endJob(): Promise<void> {
    const job = this.job();
    const seen = this.kube.live("Pod", jobPodKey) as Pod | undefined;
    assert.ok(job && seen);
    const conditions = [{ type: "Complete", status: "True" }];
    this.kube.put(
      { ...job, status: { conditions } } as Job,
      {
        ...seen,
        status: { ...seen.status, phase: "Succeeded", initContainerStatuses: [], containerStatuses: [] },
      } as Pod,
    );
    await this.elapse(SECOND);
    assert.equal(this.job(), undefined);
    this.kube.remove("Pod", jobPodKey);
  }

  currentTask(): string | undefined {
    return this.plan()?.tasks.find(({ status }) => status !== "Complete")?.type;
  }

  get markReadies(): string[] {
    return this.sidecar.posts.filter(({ type }) => type === "mark-ready").map(({ id }) => id);
  }
}

async function bootstrapping(): Promise<BootstrapWorld> {
  const world = new BootstrapWorld();
  await world.elapse(SECOND);
  world.startJobPod();
  return world;
}

test("D16: a bootstrap whose sidecar keeps its ready mark is marked ready once, and the node comes up", async () => {
  const world = await bootstrapping();
  await world.elapse(30 * MINUTE);
  assert.equal(world.currentTask(), "await-bootstrap-complete");
  assert.equal(world.markReadies.length, 1);
  await world.endJob();
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Running");
});

test("D16: a bootstrap Job deleted while its mark-ready is pending is made again, and its new pod is marked ready too", async () => {
  const world = await bootstrapping();
  world.sidecar.hangs.add("mark-ready");
  await world.elapse(MINUTE);
  assert.equal(world.currentTask(), "mark-ready");
  const former = world.job()?.metadata.uid;
  world.deleteJob();
  world.sidecar.hangs.clear();
  await world.elapse(MINUTE);
  assert.notEqual(world.job()?.metadata.uid, former);
  world.startJobPod();
  await world.elapse(MINUTE);
  assert.equal(world.currentTask(), "await-bootstrap-complete");
  assert.equal(world.sidecar.ready, true, "seid of the bootstrap waits at its gate for ever");
  await world.endJob();
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Running");
});

test("D16: a bootstrap sidecar that restarts before seid saw its ready mark is marked ready again, once", async () => {
  const world = await bootstrapping();
  await world.elapse(MINUTE);
  const before = world.markReadies.length;
  const seen = world.kube.live("Pod", jobPodKey) as Pod | undefined;
  assert.ok(seen);
  world.kube.put(withContainer(seen, "sei-sidecar", { restartCount: 1 }));
  world.sidecar.ready = false;
  await world.elapse(MINUTE);
  assert.equal(world.sidecar.ready, true);
  await world.elapse(30 * MINUTE);
  assert.equal(world.markReadies.length, before + 1);
  assert.equal(new Set(world.markReadies).size, world.markReadies.length, "an id that is done does nothing");
});
