/** `ensure-data-pvc`: the node's own volume is created, one the user brings is checked. */
import { SeiNodeConditions, SeiNodeReasons } from "#api";
import type { TaskOutcome } from "#plan";
import type { SeiNodeRuntime } from "../deps.ts";
import { type Pass, setPassCondition } from "../pass.ts";
import { ensureDataVolumeClaim } from "./ensure-data-pvc.ts";
import { checkImportedVolume } from "./import-volume.ts";

/** A user's claim carries none of our labels, so no watch tells when it becomes usable. */
const IMPORT_POLL_MS = 5_000;

export async function ensureVolume(runtime: SeiNodeRuntime, pass: Pass): Promise<TaskOutcome> {
  const { client, settings } = runtime;
  const name = pass.node.spec.dataVolume?.import?.pvcName;
  if (!name) return ensureDataVolumeClaim(client, pass.node, settings, pass.signal);

  const { reason, message } = await checkImportedVolume(client, pass.node, settings, name, pass.signal);
  const accepted = reason === SeiNodeReasons.pvcValidated;
  setPassCondition(pass, {
    type: SeiNodeConditions.importPvcReady,
    status: accepted ? "True" : "False",
    reason,
    message,
  });
  if (accepted) return { state: "complete" };
  if (reason === SeiNodeReasons.pvcInvalid) return { state: "terminal", error: message };
  return { state: "running", waitingFor: `the imported volume: ${message}`, pollAfterMs: IMPORT_POLL_MS };
}
