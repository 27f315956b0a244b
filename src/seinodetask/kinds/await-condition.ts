/**
 * AwaitCondition: waits until the node has reached a height, then does what the payload asks for. SIGTERM_SEID stops seid
 * and kills it after 30 s, unlike RestartSeid, and does not wait for it to come back (spec/seinodetask.md 7.3).
 */
import { TaskTypes } from "#api";
import { ParamsError } from "../errors.ts";
import { onSidecar } from "./on-sidecar.ts";
import { requirePayload } from "./payload.ts";

export const awaitCondition = onSidecar({
  taskType: TaskTypes.awaitCondition,
  params(spec) {
    const { height, action } = requirePayload(spec, "awaitCondition");
    if (height === undefined) throw new ParamsError("spec.awaitCondition.height is required");
    return { condition: "height", targetHeight: height.targetHeight, ...(action && { action }) };
  },
});
