/** `deploy-bootstrap-job`: one pod on the volume, made once, and only while no other pod of the node has it (design D16). */
import { Labels } from "#api";
import { jobs, pods } from "#kube";
import type { TaskOutcome } from "#plan";
import { isOwnedBy } from "#sidecar";
import type { Pass } from "../../pass.ts";
import { bootstrapJobName, renderBootstrapJob } from "../../render/index.ts";
import { createOwned } from "./create-owned.ts";
import { isOfOtherPlan } from "./job-state.ts";
import { removeBootstrapJob } from "./remove-job.ts";
import type { BootstrapRuntime } from "./runtime.ts";

/** A Job of an earlier plan is removed first: its pod answers for that plan's spec, and may have ended. */
export async function deployBootstrapJob(
  runtime: BootstrapRuntime,
  pass: Pass,
  planId: string | undefined,
): Promise<TaskOutcome> {
  const { client } = runtime;
  const { node, signal } = pass;
  const manifest = renderBootstrapJob(node, runtime.settings, planId);
  const occupied = await occupant(runtime, pass);
  if (occupied !== undefined) return waiting(occupied);
  const made = await createOwned(client, node, jobs, manifest, signal);
  if (made.state === "created") return { state: "complete" };
  if (made.state === "taken") return waiting(`the former Job ${manifest.metadata.name} to be gone`);
  const { object: job } = made;
  if (job.metadata.deletionTimestamp === undefined && !isOfOtherPlan(job, planId))
    return { state: "complete" };
  const left = await removeBootstrapJob(client, node, signal);
  return waiting(left ?? `the former Job ${bootstrapJobName(node.metadata.name)} to be gone`);
}

/** Live, once: two pods on one volume is what must never be. */
async function occupant(runtime: BootstrapRuntime, pass: Pass): Promise<string | undefined> {
  const { node, statefulSet, signal } = pass;
  const { name, namespace = "" } = node.metadata;
  const waitsFor = `the pod of StatefulSet ${name} to be gone`;
  if (pass.podsLeft > 0) return waitsFor;
  if (statefulSet === undefined) return undefined;
  const { generation = 0, uid } = statefulSet.metadata;
  // A StatefulSet controller that has not seen the 0 yet may be making a pod at this moment.
  if ((statefulSet.status?.observedGeneration ?? 0) < generation) return waitsFor;
  const labelled = await runtime.client.live.list(
    pods,
    { namespace, labels: { [Labels.node]: name } },
    signal,
  );
  return labelled.some((pod) => isOwnedBy(pod, { metadata: { uid } })) ? waitsFor : undefined;
}

function waiting(waitingFor: string): TaskOutcome {
  return { state: "running", waitingFor };
}
