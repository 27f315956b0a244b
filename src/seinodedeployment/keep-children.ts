/** Which SeiNodes there are to be: creates, adopts, keeps in shape, scales down (spec/seinodedeployment.md 4, design 4.4). */
import { FieldOwners, Labels, type SeiNode, SeiNodeDeploymentEvents, seiNodes } from "#api";
import { apiVersionOf, controllerOf, formatKey, isNotFound, keyOf, unlessNotFound } from "#kube";
import {
  type Children,
  childName,
  isTerminating,
  ordinalInName,
  ordinalOf,
  ownedChildren,
} from "./children.ts";
import type { GroupRuntime } from "./deps.ts";
import { mayRevertImages } from "./detection.ts";
import { asksFor, type ImageSpec, isReady, runs } from "./images.ts";
import type { Group, Pass } from "./pass.ts";
import { isOfPredecessor } from "./predecessor.ts";
import { forEachChild, writeChild } from "./write-child.ts";

/**
 * Never fewer or older ones than an earlier leader left behind: one that the cache does not show yet would be made again,
 * and that apply would take back its images and peers. Deletes and pauses name a uid, changes a version.
 */
export async function observeChildren(
  runtime: Pick<GroupRuntime, "nodes">,
  group: Group,
  signal: AbortSignal,
): Promise<Children> {
  const { namespace = "", name, uid } = group.metadata;
  const labels = { [Labels.nodeDeployment]: name };
  return ownedChildren(await runtime.nodes.of(formatKey(keyOf(group)), { namespace, labels }, signal), uid);
}

/** Makes `spec.paused` of every node that of the group. Comes before everything else, and under a plan too (11.1). */
export async function syncPaused(runtime: GroupRuntime, pass: Pass): Promise<void> {
  const { group } = pass;
  const paused = group.spec.paused === true;
  const differing = pass.children.all.filter(
    (child) => !isTerminating(child) && (child.spec.paused === true) !== paused,
  );
  await forEachChild(pass, differing, async ({ metadata }) => {
    const manifest = {
      apiVersion: apiVersionOf(seiNodes),
      kind: seiNodes.kind,
      // With a uid, an apply creates nothing.
      metadata: { namespace: metadata.namespace ?? "", name: metadata.name, uid: metadata.uid },
      spec: { paused },
    };
    const options = { fieldManager: FieldOwners.seiNodeDeploymentPause, force: true };
    const written = await runtime.client.apply<SeiNode>(seiNodes, manifest, options, pass.signal);
    pass.children.put(written);
    const reason = paused ? SeiNodeDeploymentEvents.childPaused : SeiNodeDeploymentEvents.childResumed;
    const message = `${paused ? "paused" : "resumed"} SeiNode ${metadata.name}`;
    runtime.recorder.event(group, "Normal", reason, message);
  });
}

/** Outside a plan: every ordinal is there and in shape, and none is too many. */
export async function keepChildren(runtime: GroupRuntime, pass: Pass): Promise<void> {
  const { replicas } = pass.group.spec;
  // Admission forbids it. Should it come all the same, the nodes that are there survive.
  if (replicas <= 0) {
    pass.log.info({ replicas }, "no SeiNode is created or deleted for replicas below 1");
    return;
  }
  const ordinals = Array.from({ length: replicas }, (_, ordinal) => ordinal);
  await forEachChild(pass, ordinals, (ordinal) => keepChild(runtime, pass, ordinal, "all"));
  await scaleDown(runtime, pass, replicas);
}

/** Under a plan: only what the plan waits for and is not there any more (QUIRK 4). Everything else waits for its end. */
export async function restoreMissing(
  runtime: GroupRuntime,
  pass: Pass,
  names: readonly string[],
): Promise<void> {
  const ordinals = names
    .filter((name) => pass.children.named(name) === undefined)
    .map((name) => ordinalInName(pass.group, name))
    .filter((ordinal) => ordinal < pass.group.spec.replicas);
  await forEachChild(pass, ordinals, (ordinal) => keepChild(runtime, pass, ordinal, "missing"));
}

async function keepChild(
  runtime: GroupRuntime,
  pass: Pass,
  ordinal: number,
  which: "all" | "missing",
): Promise<void> {
  const { group, signal } = pass;
  const { namespace = "" } = group.metadata;
  const name = childName(group, ordinal);
  const found =
    pass.children.named(name) ??
    (await unlessNotFound(runtime.client.get<SeiNode>(seiNodes, { namespace, name }, signal)));
  if (found === undefined) {
    await writeChild(runtime, pass, ordinal, undefined, { images: imagesOfNewborn(pass, name) });
    return;
  }
  // Its successor is made when it is gone.
  if (isTerminating(found)) return;
  const controller = controllerOf(found);
  if (controller !== undefined && controller.uid !== group.metadata.uid) {
    if (!isOfPredecessor(group, controller)) pass.conflicts = [...pass.conflicts, name];
    return;
  }
  const isOurs = controller !== undefined;
  if (isOurs && which === "missing") return;
  // A node that is only being adopted keeps its images: if they differ, that is for a rollout, node by node.
  const revert = isOurs && mayRevertImages(group, pass.status);
  await writeChild(runtime, pass, ordinal, found, { images: revert ? group.spec.template.spec : found.spec });
}

/**
 * In steady state the template's. While the template is being rolled out, or held back: those of its wave. A node whose turn
 * has not come is made like the others that wait; if none is left to look at, its turn has come.
 */
function imagesOfNewborn(pass: Pass, name: string): ImageSpec {
  const { group, status, children } = pass;
  const target = group.spec.template.spec;
  const wave = status.rollout?.nodes?.find((node) => node.name === name)?.wave;
  if (wave !== undefined) return target;
  const others = children.all.filter((child) => !isTerminating(child) && !asksFor(child, target));
  // The one that is best known to work; of those the one that would come last.
  const model =
    others.findLast((child) => runs(child, child.spec) && isReady(child)) ??
    others.findLast((child) => runs(child, child.spec)) ??
    others.at(-1);
  const held = status.rollout !== undefined || !mayRevertImages(group, status);
  return held && model !== undefined ? model.spec : target;
}

async function scaleDown(runtime: GroupRuntime, pass: Pass, replicas: number): Promise<void> {
  const surplus = pass.children.all.filter(
    (child) => !isTerminating(child) && (ordinalOf(child) ?? -1) >= replicas,
  );
  await forEachChild(pass, surplus, async (child) => {
    const { name, uid } = child.metadata;
    try {
      await runtime.client.delete(seiNodes, keyOf(child), { preconditions: { uid } }, pass.signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    pass.children.drop(name);
    const message = `deleted SeiNode ${name}: the group has ${replicas} replicas`;
    runtime.recorder.event(pass.group, "Normal", SeiNodeDeploymentEvents.seiNodeDeleted, message);
    pass.log.info({ node: name, replicas }, "SeiNode deleted");
  });
}
