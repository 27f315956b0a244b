/**
 * RestartSeid: seid is stopped and started inside its pod, which stays. Complete means that seid's own RPC answers again,
 * not that it has caught up. The sidecar fails loud and never kills; its text becomes the task's (spec/seinodetask.md 7.1).
 */
import { TaskTypes } from "#api";
import { onSidecar } from "./on-sidecar.ts";
import { requirePayload } from "./payload.ts";

export const restartSeid = onSidecar({
  taskType: TaskTypes.restartSeid,
  // Over the sidecar's own worst case: 90 s for seid to stop and 5 min for its RPC to come up.
  timeLimitMs: 10 * 60_000,
  params: (spec) => void requirePayload(spec, "restartSeid"),
});
