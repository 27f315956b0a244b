import { seiNodeTasks } from "#api";
import { keyOf, unlessNotFound } from "#kube";
import type { SeiNodeTaskRuntime } from "./deps.ts";
import { OutdatedView, PastDeadline } from "./errors.ts";
import type { Pass } from "./pass.ts";

/**
 * To be awaited right before anything that cannot be undone. Rejects when the version this pass decided on is not the newest
 * (another manager was here, or our cache is behind: the work may long be done), and when the time is over.
 */
export async function confirmNewest(
  runtime: Pick<SeiNodeTaskRuntime, "client" | "clock">,
  { task, deadline, signal }: Pick<Pass, "task" | "deadline" | "signal">,
): Promise<void> {
  if (deadline !== undefined && runtime.clock.now() > deadline)
    throw new PastDeadline("its time was over before it could be submitted");
  const live = await unlessNotFound(runtime.client.live.get(seiNodeTasks, keyOf(task), signal));
  const { uid, resourceVersion } = task.metadata;
  if (live?.metadata.uid === uid && live.metadata.resourceVersion === resourceVersion) return;
  throw new OutdatedView("the task has changed since it was read");
}
