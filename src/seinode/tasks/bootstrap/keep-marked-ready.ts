/**
 * Keeps the gate of the bootstrap's seid open. The ready mark is lost with the sidecar's process: one that starts anew before
 * seid looked (a Job that was made again, a restarted container) answers that mark-ready is completed, as the volume remembers,
 * and lets seid wait for ever. A node's own pod is cured by the probe of a Running node; nothing else looks at this one.
 */
import { TaskTypes } from "#api";
import { taskId } from "#plan";
import { type Pass, sidecarTarget } from "../../pass.ts";
import { isSidecarRunning, sidecarFingerprint, sidecarIncarnation } from "../../pod-state.ts";
import type { BootstrapSidecarRuntime } from "./runtime.ts";

/** For a plan whose mark-ready is complete. Rejects with the SidecarError of a mark-ready that was not accepted. */
export async function keepMarkedReady(
  runtime: BootstrapSidecarRuntime,
  pass: Pass,
  planId: string | undefined,
): Promise<void> {
  const { key, pod, signal } = pass;
  if (pod === undefined || !isSidecarRunning(pod)) return;
  const client = runtime.sidecars(sidecarTarget(pass));
  const asked = { isReady: (until?: AbortSignal) => client.isReady(until, { authenticated: true }) };
  const outcome = await runtime.probes.probe(key, sidecarFingerprint(pod), asked, signal);
  // A sidecar that is silent may be fine, and seid behind its gate long since: only its Job's end is waited for.
  if (outcome.state !== "notReady") return;
  // One id for each run of the sidecar: fresh, because one that is done does nothing, and the same after a crash of ours.
  const id = taskId(planId ?? key, `${TaskTypes.markReady}/${sidecarIncarnation(pod)}`, 0);
  pass.log.info({ plan: planId, taskId: id }, "bootstrap sidecar has lost its ready mark, marking it ready");
  await client.submit({ id, type: TaskTypes.markReady }, signal);
}
