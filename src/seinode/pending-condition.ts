/** Brings the records of D23 and the condition PendingChanges of the draft up to date, at the end of a pass. */
import { SeiNodeConditions } from "#api";
import { recordPod } from "./applied-pod.ts";
import type { SeiNodeRuntime } from "./deps.ts";
import { type Pass, setPassCondition } from "./pass.ts";
import { findPendingChanges, pendingChangesCondition } from "./pending-changes.ts";
import { seidRun } from "./pod-state.ts";

const type = SeiNodeConditions.pendingChanges;

export function tellPendingChanges(runtime: Pick<SeiNodeRuntime, "applyRequests">, pass: Pass): void {
  const { node, status, pod, statefulSet } = pass;
  // Without a StatefulSet of ours nothing was rendered, and nothing is known that was not said before.
  if (status.phase !== "Running" || statefulSet === undefined) return;
  // While a plan works on it each step of the pod would cost a write of its own; the plan's last pass tells.
  if (status.plan?.phase !== "Active") recordPod(status, node, pod, statefulSet);
  const { applied } = status;
  if (applied?.config === undefined && applied?.pod === undefined) {
    status.conditions = status.conditions.filter((condition) => condition.type !== type);
    return;
  }
  const pending = findPendingChanges(node, applied, pod && seidRun(pod));
  const waitsForUnpause =
    node.spec.paused === true && runtime.applyRequests.pending(pass.key, node, status) !== undefined;
  setPassCondition(pass, pendingChangesCondition(node, pending, { waitsForUnpause }));
}
