/** The simulator on the real API server with the real StatefulSet, Job and volume binder controllers. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { systemClock, systemRandom } from "#clock";
import {
  createInformer,
  createRestClient,
  type DeepReadonly,
  type Informer,
  loadClusterConfig,
  type Pod,
  persistentVolumes,
  pods,
  type RestClient,
} from "#kube";
import { type ControlPlane, startControlPlane } from "../control-plane/index.ts";
import { throughProxy } from "./proxy-client.ts";
import { type Simulator, startSimulator } from "./simulator.ts";
import { seiPodSpec, seiWorkload } from "./testing/sei-pod.ts";

type LivePod = DeepReadonly<Pod>;

const waitMs = 20_000;
let controlPlane: ControlPlane;
let simulator: Simulator;
let rest: RestClient;
let podInformer: Informer<Pod>;
const stopping = new AbortController();
let watching: Promise<void>;

before(async () => {
  controlPlane = await startControlPlane({ log: () => undefined });
  simulator = await startSimulator({ kubeconfig: controlPlane.adminKubeconfig });
  const config = await loadClusterConfig({ kubeconfig: controlPlane.adminKubeconfig, env: {} });
  rest = createRestClient(config, { clock: systemClock, random: systemRandom });
  podInformer = createInformer(rest, pods, { clock: systemClock, random: systemRandom });
  watching = podInformer.start(stopping.signal);
  await podInformer.synced(stopping.signal);
});

after(async () => {
  stopping.abort();
  await Promise.allSettled([watching, simulator?.stop(), rest?.close()]);
  await controlPlane?.stop();
});

test("a SeiNode pod becomes Ready after mark-ready, NotReady when seid halts, and its successor waits for mark-ready", async () => {
  await apply(...seiWorkload("alpha", "sei/seid:v1"));
  const node = simulator.node("default", "alpha");

  const parked = await untilPod("alpha-0", (pod) => pod.status?.phase === "Running");
  assert.equal(conditionOf(parked, "Ready"), "False");
  assert.equal(conditionOf(parked, "Initialized"), "True");
  const [init, sidecar, proxy] = parked.status?.initContainerStatuses ?? [];
  assert.equal(init?.state?.terminated?.exitCode, 0);
  assert.deepEqual(
    [sidecar?.started, sidecar?.ready, proxy?.started, proxy?.ready],
    [true, true, true, false],
  );
  const [seid] = parked.status?.containerStatuses ?? [];
  assert.match(seid?.imageID ?? "", /^docker\.io\/sei\/seid@sha256:[0-9a-f]{64}$/);
  assert.equal(seid?.image, "docker.io/sei/seid:v1");
  assert.equal(seid?.started, false);
  assert.equal((await call("alpha", "GET", "/v0/healthz")).status, 503);

  await markReady("alpha", "11111111-1111-4111-8111-111111111111");
  await untilPod("alpha-0", isReady);
  assert.equal((await call("alpha", "GET", "/v0/healthz")).status, 200);

  simulator.halt("default/alpha");
  const halted = await untilPod("alpha-0", (pod) => conditionOf(pod, "Ready") === "False");
  assert.notEqual(
    halted.status?.containerStatuses?.[0]?.state?.running,
    undefined,
    "a halted seid keeps running",
  );
  await assert.rejects(
    throughProxy(simulator.proxyUrl, "http://alpha-0.alpha.default.svc.cluster.local:26657/status"),
  );

  await rest.delete(pods, { namespace: "default", name: "alpha-0" });
  const uid = halted.metadata.uid;
  await untilPod("alpha-0", (pod) => pod.metadata.uid !== uid && pod.status?.phase === "Running");
  assert.equal(
    (await call("alpha", "GET", "/v0/healthz")).status,
    503,
    "the ready flag died with the process",
  );
  const known = await call("alpha", "GET", "/v0/tasks/11111111-1111-4111-8111-111111111111");
  assert.equal(JSON.parse(known.body).status, "completed", "the task table is on the volume");
  assert.deepEqual([...node.postCounts.values()], [1]);
  assert.deepEqual(simulator.violations, []);
});

test("an image halted by name never gets Ready, and the next image does on the same volume", async () => {
  simulator.images.halt("sei/seid:halts");
  await apply(...seiWorkload("halting", "sei/seid:halts"));
  await untilPod("halting-0", (pod) => pod.status?.phase === "Running");
  await markReady("halting", "22222222-2222-4222-8222-222222222222");
  await untilPod("halting-0", (pod) => pod.status?.containerStatuses?.[0]?.started === true);
  assert.equal(simulator.node("default", "halting").seid.state, "halted");

  await apply(...seiWorkload("halting", "sei/seid:v2"));
  await rest.delete(pods, { namespace: "default", name: "halting-0" });
  await untilPod(
    "halting-0",
    (pod) => pod.spec?.containers[0]?.image === "sei/seid:v2" && pod.status?.phase === "Running",
  );
  await markReady("halting", "33333333-3333-4333-8333-333333333333");
  await untilPod("halting-0", isReady);
});

test("an image that cannot be pulled shows as ImagePullBackOff without imageID, and recovers when the registry does", async () => {
  simulator.images.failPull("*:missing");
  await apply(...seiWorkload("pulling", "sei/seid:missing"));
  const stuck = await untilPod(
    "pulling-0",
    (pod) => initStatus(pod)?.state?.waiting?.reason === "ImagePullBackOff",
  );
  assert.equal(initStatus(stuck)?.imageID, "");
  assert.equal(stuck.status?.phase, "Pending");
  simulator.images.clear("*:missing");
  await untilPod("pulling-0", (pod) => pod.status?.phase === "Running");
});

test("a crash-looping seid image shows lastState and CrashLoopBackOff once the gate opened", async () => {
  simulator.images.crashLoop("sei/seid:crashes");
  await apply(...seiWorkload("crashing", "sei/seid:v1"));
  await untilPod("crashing-0", (pod) => pod.status?.phase === "Running");
  await apply(...seiWorkload("crashing", "sei/seid:crashes"));
  await rest.delete(pods, { namespace: "default", name: "crashing-0" });
  await untilPod(
    "crashing-0",
    (pod) => pod.spec?.containers[0]?.image === "sei/seid:crashes" && pod.status?.phase === "Running",
  );
  await markReady("crashing", "44444444-4444-4444-8444-444444444444");
  const looping = await untilPod(
    "crashing-0",
    (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CrashLoopBackOff",
  );
  assert.equal(looping.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 1);
});

test("a held pod stays unscheduled until it is released", async () => {
  simulator.pods.hold("default", "held-0");
  await apply(...seiWorkload("held", "sei/seid:v1"));
  const held = await untilPod("held-0", (pod) => conditionOf(pod, "PodScheduled") === "False");
  assert.equal(held.spec?.nodeName, undefined);
  simulator.pods.release("default", "held-0");
  await untilPod("held-0", (pod) => pod.status?.phase === "Running");
});

test("a bootstrap Job's pod succeeds at its halt height and leaves its tasks to the next pod on the volume", async () => {
  const [claim, service] = seiWorkload("boot", "sei/seid:v1");
  const spec = seiPodSpec({ image: "sei/seid:v1", claim: "data-boot" });
  const [seid] = spec.containers;
  const labels = { "sei.io/node": "boot" };
  await apply(claim, service, {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "boot-bootstrap" },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels },
        spec: {
          ...spec,
          hostname: "boot-0",
          subdomain: "boot",
          restartPolicy: "Never",
          containers: [
            { ...seid, command: ["/bin/bash", "-c", 'seid start --home "$HOME" --halt-height 5000'] },
          ],
        },
      },
    },
  });
  const isBoot = (pod: LivePod) => pod.metadata.labels?.["job-name"] === "boot-bootstrap";
  await untilSome((pod) => isBoot(pod) && pod.status?.phase === "Running");
  await markReady("boot", "55555555-5555-4555-8555-555555555555");
  await untilSome((pod) => isBoot(pod) && pod.status?.phase === "Succeeded");
  const waited = await controlPlane.kubectl([
    "wait",
    "--for=condition=Complete",
    "job/boot-bootstrap",
    "--timeout=15s",
  ]);
  assert.equal(waited.code, 0, waited.stderr);
  assert.equal(simulator.node("default", "boot").seid.height, 5000);
});

test("the proxy refuses a caller without token with 401 and one without grant with 403", async () => {
  await apply(...seiWorkload("guarded", "sei/seid:v1"), {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "nobody" },
  });
  await untilPod("guarded-0", (pod) => pod.status?.phase === "Running");
  const url = "http://guarded-0.guarded.default.svc.cluster.local:8443/v0/status";
  assert.equal((await throughProxy(simulator.proxyUrl, url)).status, 401);
  const token = (await controlPlane.kubectl(["create", "token", "nobody"])).stdout.trim();
  const answer = await throughProxy(simulator.proxyUrl, url, { token });
  assert.equal(answer.status, 403);
  assert.match(answer.body, /^Forbidden \(user=system:serviceaccount:default:nobody, verb=get/);
  assert.equal((await call("guarded", "GET", "/v0/status")).status, 200);
});

test("deleting a claim removes the volume made for it", async () => {
  const [claim] = seiWorkload("gone", "sei/seid:v1");
  await apply(claim);
  const bound = await controlPlane.kubectl([
    "wait",
    "--for=jsonpath={.status.phase}=Bound",
    "pvc/data-gone",
    "--timeout=15s",
  ]);
  assert.equal(bound.code, 0, bound.stderr);
  const { stdout: volume } = await controlPlane.kubectl([
    "get",
    "pvc/data-gone",
    "-o",
    "jsonpath={.spec.volumeName}",
  ]);
  await rest.get(persistentVolumes, { name: volume });
  await controlPlane.kubectl(["delete", "pvc/data-gone", "--timeout=15s"]);
  const deleted = await controlPlane.kubectl(["wait", "--for=delete", `pv/${volume}`, "--timeout=15s"]);
  assert.equal(deleted.code, 0, deleted.stderr);
});

async function apply(...objects: readonly (object | undefined)[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const { code, stderr } = await controlPlane.kubectl(["apply", "--server-side", "-f", "-"], { input });
  assert.equal(code, 0, stderr);
}

function call(node: string, method: string, path: string, body?: unknown) {
  const url = `http://${node}-0.${node}.default.svc.cluster.local:8443${path}`;
  const token = controlPlane.adminToken;
  return throughProxy(simulator.proxyUrl, url, { method, token, ...(body === undefined ? {} : { body }) });
}

async function markReady(node: string, id: string): Promise<void> {
  const answer = await call(node, "POST", "/v0/tasks", { id, type: "mark-ready" });
  assert.deepEqual(answer, { status: 201, body: `{"id":"${id}"}\n` });
}

function untilPod(name: string, holds: (pod: LivePod) => boolean): Promise<LivePod> {
  return untilSome(
    (pod) => pod.metadata.name === name && pod.metadata.deletionTimestamp === undefined && holds(pod),
  );
}

/** Resolves with the first pod for which `holds`; rejects with what the pods look like after a time-out. */
function untilSome(holds: (pod: LivePod) => boolean): Promise<LivePod> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = podInformer.list().find(holds);
      if (found === undefined) return;
      cancel();
      unsubscribe();
      resolve(found);
    };
    const unsubscribe = podInformer.onEvent(look);
    const cancel = systemClock.after(waitMs, () => {
      unsubscribe();
      const seen = podInformer.list().map(({ metadata, status }) => ({ name: metadata.name, status }));
      reject(new Error(`no such pod within ${waitMs} ms: ${JSON.stringify(seen)}`));
    });
    look();
  });
}

function conditionOf(pod: LivePod, type: string): string | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type)?.status;
}

function isReady(pod: LivePod): boolean {
  return conditionOf(pod, "Ready") === "True";
}

function initStatus(pod: LivePod) {
  return pod.status?.initContainerStatuses?.[0];
}
