/**
 * MarkReady: opens the start gate of a parked node at once. Complete when the sidecar has accepted it, without a single
 * GET (spec/seinodetask.md 7.8): POSTing again what runs or is done changes nothing.
 */
import { TaskTypes } from "#api";
import { onSidecar } from "./on-sidecar.ts";
import { requirePayload } from "./payload.ts";

export const markReady = onSidecar({
  taskType: TaskTypes.markReady,
  timeLimitMs: 2 * 60_000,
  completesOn: "accept",
  params: (spec) => void requirePayload(spec, "markReady"),
});
