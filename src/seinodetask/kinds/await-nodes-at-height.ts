/** AwaitNodesAtHeight: despite the plural, waits until the one target's own height is reached (spec/seinodetask.md 7.2). */
import { TaskTypes } from "#api";
import { onSidecar } from "./on-sidecar.ts";
import { requirePayload } from "./payload.ts";

export const awaitNodesAtHeight = onSidecar({
  taskType: TaskTypes.awaitCondition,
  params: (spec) => ({
    condition: "height",
    targetHeight: requirePayload(spec, "awaitNodesAtHeight").targetHeight,
  }),
});
