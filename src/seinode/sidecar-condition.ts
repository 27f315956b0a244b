/** The condition SidecarReady of a Running node, from its health probe (spec/seinode.md 3.2). */
import { SeiNodeConditions, SeiNodeReasons } from "#api";
import type { SeiNodeRuntime } from "./deps.ts";
import { type Pass, setPassCondition, sidecarTarget } from "./pass.ts";
import { isSidecarRunning, sidecarFingerprint } from "./pod-state.ts";
import type { ProbeOutcome } from "./probe.ts";
import { isReplacingPod } from "./update-plan.ts";

const type = SeiNodeConditions.sidecarReady;

/** Asks only whom the kubelet says is running, and nobody while an update plan is replacing the pod. */
export async function probeSidecar(runtime: SeiNodeRuntime, pass: Pass): Promise<void> {
  const { status, pod, node } = pass;
  if (status.phase !== "Running") return;
  const { namespace = "", name } = node.metadata;
  let outcome: ProbeOutcome;
  // From replace-pod on, the plan's own tasks say how the sidecar is; a probe would only tell of the pod that goes.
  if (status.plan !== undefined && isReplacingPod(status.plan)) {
    runtime.probes.forget(pass.key);
    return setNotReady(pass, "the pod is being replaced");
  }
  if (pod === undefined || !isSidecarRunning(pod)) {
    runtime.probes.forget(pass.key);
    outcome = { state: "unreachable", message: "the sidecar is not running", refused: false, asked: false };
  } else {
    const client = runtime.sidecars(sidecarTarget(pass));
    outcome = await runtime.probes.probe(pass.key, sidecarFingerprint(pod), client, pass.signal);
  }
  runtime.metrics.sidecarReady(namespace, name, outcome.state === "ready");
  if (outcome.state === "notReady") return setNotReady(pass, "the sidecar has lost its ready mark");
  if (outcome.state === "ready") {
    runtime.reapprovals.forget(pass.key);
    setPassCondition(pass, { type, status: "True", reason: SeiNodeReasons.sidecarReady, message: "" });
    return;
  }
  const reason = SeiNodeReasons.sidecarUnreachable;
  setPassCondition(pass, { type, status: "Unknown", reason, message: outcome.message });
}

/** The words of the metric's `outcome` label. */
export function probeLabel(state: ProbeOutcome["state"]): "ready" | "not_ready" | "unreachable" {
  return state === "notReady" ? "not_ready" : state;
}

function setNotReady(pass: Pass, message: string): void {
  setPassCondition(pass, { type, status: "False", reason: SeiNodeReasons.sidecarNotReady, message });
}
