/** Applies an object the node owns by its name, without taking anybody else's (design section 2). */
import { type SeiNode, SeiNodeConditions, SeiNodeHealth } from "#api";
import {
  type Applier,
  type Client,
  configMaps,
  controllerOf,
  type DeepReadonly,
  findCondition,
  isApiError,
  isControlledBy,
  type KubeObject,
  keyOf,
  type Manifest,
  type ResourceType,
  services,
  unlessNotFound,
} from "#kube";
import type { TaskOutcome } from "#plan";
import type { SeiNodeRuntime } from "../deps.ts";
import type { Pass } from "../pass.ts";
import { renderHeadlessService, renderRbacProxyConfig } from "../render/index.ts";
import { ForeignObject, isLeftover } from "./foreign-object.ts";

export function applyService(runtime: SeiNodeRuntime, pass: Pass): Promise<TaskOutcome> {
  return applyOwned(runtime, pass.node, services, renderHeadlessService(pass.node), pass.signal);
}

export function applyProxyConfig(runtime: SeiNodeRuntime, pass: Pass): Promise<TaskOutcome> {
  return applyOwned(runtime, pass.node, configMaps, renderRbacProxyConfig(pass.node), pass.signal);
}

/**
 * Complete once the object is as `manifest` says. Fields that other managers hold are taken only from objects this node
 * controls already. Rejects with ForeignObject when the name belongs to somebody else.
 */
async function applyOwned<T extends KubeObject>(
  deps: { client: Client; applier: Applier },
  node: DeepReadonly<SeiNode>,
  resource: ResourceType<T>,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const readLive = () => unlessNotFound(deps.client.live.get(resource, keyOf(manifest), signal));
  let existing = await unlessNotFound(deps.client.get(resource, keyOf(manifest), signal));
  // Asked, so that it is not applied to again and again only to be refused.
  if (existing === undefined && wasForeign(node)) existing = await readLive();
  const ours = existing !== undefined && isControlledBy(existing, node.metadata.uid);
  if (existing !== undefined && !ours && controllerOf(existing) !== undefined) {
    return leave(resource, existing, node);
  }
  try {
    await deps.applier.apply(resource, manifest, existing, signal, { force: ours });
  } catch (error) {
    if (ours || !isApiError(error, "conflict", "invalid")) throw error;
    // A first apply that is refused met somebody else's object, possibly one that no cache shows.
    const live = await readLive();
    if (live === undefined || isControlledBy(live, node.metadata.uid)) throw error;
    return leave(resource, live, node);
  }
  return { state: "complete" };
}

function leave(
  resource: ResourceType,
  object: DeepReadonly<KubeObject>,
  node: DeepReadonly<SeiNode>,
): TaskOutcome {
  if (!isLeftover(object, node)) throw new ForeignObject(resource.kind, object);
  return { state: "running", waitingFor: `the former ${resource.kind} ${object.metadata.name} to be gone` };
}

function wasForeign(node: DeepReadonly<SeiNode>): boolean {
  const ready = findCondition(node.status?.conditions, SeiNodeConditions.ready);
  return ready?.reason === SeiNodeHealth.foreignObject;
}
