/**
 * What each task type of a SeiNode's plan does. Each entry is one effect and its guards; order and retries are the
 * plan's business. A type that is not here fails its plan by name.
 */
import { TaskTypes } from "#api";
import type { Task, TaskOutcome, TaskRegistry, TaskRun } from "#plan";
import { sidecarTaskType } from "#sidecar";
import { isApplyConfigPlan, mayHaveRestartedSeid } from "../apply-config-plan.ts";
import { isBootstrapping } from "../bootstrap-plan.ts";
import type { SeiNodeRuntime } from "../deps.ts";
import { assemblyWaitMs } from "../genesis-plan.ts";
import { observePod, type Pass, sidecarTarget } from "../pass.ts";
import { isSidecarRunning, podProblem, revisionOf } from "../pod-state.ts";
import { applyProxyConfig, applyService } from "./apply-owned.ts";
import {
  awaitBootstrapComplete,
  deployBootstrapJob,
  deployBootstrapService,
  teardownBootstrap,
  tendBootstrapJob,
} from "./bootstrap/index.ts";
import { ensureVolume } from "./ensure-volume.ts";
import { validateNodeKey, validateOperatorKeyring, validateSigningKey } from "./keys/validate-keys.ts";
import { observeImages } from "./observe-image.ts";
import { replaceOutdatedPods } from "./replace-pod.ts";

export function taskRegistry(runtime: SeiNodeRuntime, pass: Pass): TaskRegistry {
  const controllerTasks: Readonly<Record<string, (run: TaskRun) => Promise<TaskOutcome>>> = {
    [TaskTypes.ensureDataPvc]: () => ensureVolume(runtime, pass),
    [TaskTypes.validateSigningKey]: () => validateSigningKey(runtime, pass),
    [TaskTypes.validateNodeKey]: () => validateNodeKey(runtime, pass),
    [TaskTypes.validateOperatorKeyring]: () => validateOperatorKeyring(runtime, pass),
    [TaskTypes.applyRbacProxyConfig]: () => applyProxyConfig(runtime, pass),
    [TaskTypes.applyStatefulSet]: async () => statefulSetGate(pass),
    [TaskTypes.applyService]: () => applyService(runtime, pass),
    [TaskTypes.replacePod]: () => replacePod(runtime, pass),
    [TaskTypes.observeImage]: () => observeAndRecord(runtime, pass),
    [TaskTypes.deployBootstrapService]: () => deployBootstrapService(runtime, pass),
    [TaskTypes.deployBootstrapJob]: ({ plan }) => deployBootstrapJob(runtime, pass, plan.id),
    [TaskTypes.awaitBootstrapComplete]: ({ plan }) => awaitBootstrapComplete(runtime, pass, plan.id),
    [TaskTypes.teardownBootstrap]: () => teardownBootstrap(runtime, pass),
  };
  return (type) => {
    const controllerTask = controllerTasks[type];
    if (controllerTask !== undefined) return controllerTask;
    return sidecarTaskType(type) !== undefined ? (run) => runOnSidecar(runtime, pass, type, run) : undefined;
  };
}

/** Every pass syncs the StatefulSet before it runs the plan; the task makes sure that happened, it has no effect. */
function statefulSetGate(pass: Pass): TaskOutcome {
  if (pass.statefulSet !== undefined && pass.held !== true) return { state: "complete" };
  const waiting: TaskOutcome = { state: "running", waitingFor: "the StatefulSet to be applied" };
  // The task before this one ended the hold; that is written first, and the next pass gives the StatefulSet its pod.
  return pass.held === true ? { ...waiting, pollAfterMs: 1 } : waiting;
}

async function observeAndRecord(runtime: SeiNodeRuntime, pass: Pass): Promise<TaskOutcome> {
  const { wanted } = pass;
  if (wanted === undefined) return { state: "running", waitingFor: "the wanted images to be known" };
  const { client } = runtime;
  const outcome = await observeImages(client, pass.node, pass.statefulSet, pass.pod, wanted, pass.signal);
  if (outcome.state === "complete") {
    pass.status.currentImage = wanted.seid;
    pass.status.currentSidecarImage = wanted.sidecar;
  }
  return outcome;
}

/** No request is sent to a sidecar that the kubelet says is not running: the pod's event wakes us when it is. */
async function replacePod(runtime: SeiNodeRuntime, pass: Pass): Promise<TaskOutcome> {
  const { node, status, signal } = pass;
  const outcome = await replaceOutdatedPods(runtime.client, node, status.statefulSet?.uid, signal);
  // So that the next task of this pass does not look at the pod that was just deleted.
  if (outcome.state === "complete") await observePod(runtime, pass);
  return outcome;
}

async function runOnSidecar(
  runtime: SeiNodeRuntime,
  pass: Pass,
  type: string,
  run: TaskRun,
): Promise<TaskOutcome> {
  const { pod } = pass;
  if (isApplyConfigPlan(run.plan) && pass.status.observedApplyConfig === undefined) return requestNotStored;
  if (type === TaskTypes.restartSeid && !isRestartOnRecord(pass)) return restartNotOnRecord;
  if (pod === undefined || !isSidecarRunning(pod)) {
    if (isBootstrapping(run.plan)) {
      const outcome = await tendBootstrapJob(runtime, pass, run);
      if (outcome !== undefined) return outcome;
    }
    const problem = pod && podProblem(pod);
    // A crash loop comes and goes with each restart, and every fresh pod is unschedulable until its volume is there: told
    // here, the condition would be written each time. Stalled tells both once they have lasted.
    const lasting = problem?.kind === "pullError" || problem?.kind === "cannotStart";
    return { state: "running", waitingFor: lasting ? problem.message : "the sidecar to run" };
  }
  if (type === TaskTypes.markReady && run.plan.failedPhase !== undefined && !isBootstrapping(run.plan)) {
    const outdated = await replaceBeforeFirstStart(runtime, pass);
    if (outdated !== undefined) return outdated;
  }
  if (type === TaskTypes.configureGenesis) {
    const waitMs = assemblyWaitMs(pass.node, run.plan, runtime.clock.now());
    const waitingFor = "the group to assemble the genesis";
    if (waitMs !== undefined) return { state: "running", waitingFor, pollAfterMs: waitMs };
  }
  const task: Task = runtime.sidecarTasks(runtime.sidecars(sidecarTarget(pass)), type);
  return task(run);
}

/** The plan and the handled value were written at once; a server that kept only the plan has an older CRD. */
const requestNotStored: TaskOutcome = {
  state: "terminal",
  error:
    "the installed CRD has no status.observedApplyConfig, without which each restart of the controller would restart " +
    "seid again: install the CRD of this version, then set sei.io/apply-config to a new value",
};

/** In the plan as it was read, not as this pass has advanced it. */
function isRestartOnRecord({ node }: Pass): boolean {
  const recorded = node.status?.plan;
  return recorded !== undefined && mayHaveRestartedSeid(recorded);
}

/** Sent before that, it would be unknown to whoever drops the plan after a lost write: the request would be followed once more. */
const restartNotOnRecord: TaskOutcome = {
  state: "running",
  waitingFor: "the tasks before the restart to be recorded",
  pollAfterMs: 1,
};

/**
 * D24, second half: seid of an init plan first starts with mark-ready. A spec that changed meanwhile has made the pod
 * outdated; opening its gate would start the wrong image.
 */
async function replaceBeforeFirstStart(
  runtime: SeiNodeRuntime,
  pass: Pass,
): Promise<TaskOutcome | undefined> {
  const { statefulSet, pod } = pass;
  const status = statefulSet?.status;
  const observed = (status?.observedGeneration ?? 0) >= (statefulSet?.metadata.generation ?? 0);
  if (!observed || pod === undefined) return { state: "running", waitingFor: "the StatefulSet controller" };
  const revision = revisionOf(pod);
  if (revision === undefined || revision === status?.updateRevision) return undefined;
  const { client } = runtime;
  const outcome = await replaceOutdatedPods(client, pass.node, pass.status.statefulSet?.uid, pass.signal);
  // Also when its deletion was just accepted: what is sent now would open the gate of a seid that is about to go. And when
  // somebody scales the StatefulSet by hand at this moment: the next pass puts that right; it must not fail the node for good.
  return outcome.state === "running"
    ? outcome
    : { state: "running", waitingFor: "a pod of the newest revision" };
}
