/** Writes one SeiNode of a group: by server-side apply, so that what others put on it stays. */
import { type SeiNode, SeiNodeDeploymentEvents, type SeiNodeSpec, seiNodes } from "#api";
import { type Child, childName } from "./children.ts";
import type { GroupRuntime } from "./deps.ts";
import type { ImageSpec } from "./images.ts";
import type { Pass } from "./pass.ts";
import { renderChild } from "./render/child.ts";
import { applierOf } from "./runtime.ts";

/**
 * Makes the node (`existing` undefined) or brings it in shape; also adopts one that nobody controls. Sends nothing when
 * nothing would change. The apply carries the resourceVersion of `existing`: rejects with class `conflict` when the node
 * has changed since, because what is never changed after creation is repeated from it.
 */
export async function writeChild(
  runtime: GroupRuntime,
  pass: Pass,
  ordinal: number,
  existing: Child | undefined,
  wanted: { readonly images: ImageSpec; readonly peers?: SeiNodeSpec["peers"] },
): Promise<void> {
  const { group, signal } = pass;
  const manifest = renderChild(group, ordinal, runtime.settings, {
    ...wanted,
    ...(existing !== undefined && { existing }),
  });
  const applier = applierOf(runtime, pass.key);
  const written = await applier.apply<SeiNode>(seiNodes, manifest, existing, signal, { exact: true });
  pass.children.put(written);
  if (existing !== undefined) return;
  const message = `created SeiNode ${childName(group, ordinal)}`;
  // At once: it happened, whatever becomes of the status.
  runtime.recorder.event(group, "Normal", SeiNodeDeploymentEvents.seiNodeCreated, message);
  pass.log.info({ node: manifest.metadata.name }, "SeiNode created");
}

/** One after the other, a hundred nodes take a minute on a busy API server, and as long nobody hears of the group. */
const AT_ONCE = 16;

/**
 * Does the work for each, a few at a time, begun in order; a failure of one does not keep the others waiting. Rejects when all
 * have ended: with the first failure in order, or because the pass was told to stop, after which none is begun.
 */
export async function forEachChild<T>(
  pass: Pick<Pass, "signal">,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const errors = new Map<number, unknown>();
  const queue = items.entries();
  const takeTurns = async () => {
    for (const [index, item] of queue) {
      if (pass.signal.aborted) return;
      try {
        await work(item);
      } catch (error) {
        errors.set(index, error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, takeTurns));
  pass.signal.throwIfAborted();
  if (errors.size > 0) throw errors.get(Math.min(...errors.keys()));
}
