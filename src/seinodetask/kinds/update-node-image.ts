/**
 * UpdateNodeImage: sets `spec.image` of the node once, and is complete when the node says that it runs the image. Readiness
 * is not asked: at an upgrade the new pod crash-loops until the upgrade height (spec/seinodetask.md 7.4).
 *
 *   not submitted --owner wants another image--> not submitted: told, nothing is written
 *   not submitted --applied, or it is so already--> submitted --status.currentImage is the image--> complete
 *
 * Written once: whoever sets the image back afterwards wins, and the task says so instead of fighting over it.
 */
import { FieldOwners, type SeiNode, seiNodes, TaskTypes } from "#api";
import { formatTime } from "#clock";
import { type DeepReadonly, isApiError, isJsonObject, keyOf, unlessNotFound } from "#kube";
import type { Task, TaskOutcome, TaskRun } from "#plan";
import { InvalidParamsError } from "#sidecar";
import { confirmNewest } from "../confirm.ts";
import type { SeiNodeTaskRuntime } from "../deps.ts";
import { findOwnerConflict } from "../owner-conflict.ts";
import type { Execution, TaskKind } from "./contract.ts";
import { requirePayload } from "./payload.ts";

export const updateNodeImage: TaskKind = {
  taskType: TaskTypes.updateNodeImage,
  params: (spec) => ({ image: requirePayload(spec, "updateNodeImage").image }),
  check: (params) => void imageIn(params),
  task: (execution) => taskFor(execution),
  outputs: (result) => ({ updateNodeImage: { appliedImage: imageIn(result) } }),
};

function taskFor(execution: Execution): Task {
  return async (run) => {
    const image = imageIn(run.task.params);
    if (run.task.submittedAt === undefined) return await submit(execution, image, run);
    return await look(execution, image, run);
  };
}

async function submit(execution: Execution, image: string, { signal }: TaskRun): Promise<TaskOutcome> {
  const { runtime, pass, target } = execution;
  let node = await readLive(execution, signal);
  if (node === undefined) {
    return {
      state: "terminal",
      error: `SeiNode "${target.metadata.name}" was deleted before its image was set`,
    };
  }
  const conflict = await noteOwnerConflict(execution, node, image, signal);
  if (node.spec.image !== image) {
    if (conflict !== undefined) return { state: "running", waitingFor: conflict };
    await confirmNewest(runtime, pass);
    try {
      node = await setImage(runtime, node, image, signal);
    } catch (error) {
      if (isApiError(error, "invalid")) return { state: "terminal", error: error.message };
      throw error;
    }
  }
  const record = { submittedAt: formatTime(runtime.clock.now()) };
  return node.status?.currentImage === image
    ? { state: "complete", record, result: { image } }
    : { state: "running", record, waitingFor: waiting(node, image) };
}

/** With the uid: a node that was deleted meanwhile must not be created anew, nor another of its name be changed. */
function setImage(
  { client }: SeiNodeTaskRuntime,
  node: DeepReadonly<SeiNode>,
  image: string,
  signal: AbortSignal,
): Promise<DeepReadonly<SeiNode>> {
  const { apiVersion, kind, metadata } = node;
  const manifest = { apiVersion, kind, metadata: { ...keyOf(node), uid: metadata.uid }, spec: { image } };
  return client.apply(seiNodes, manifest, { fieldManager: FieldOwners.seiNodeTask, force: true }, signal);
}

/** The cache says when to look; what is told for good is read live, and is the value that was compared. */
async function look(execution: Execution, image: string, { signal }: TaskRun): Promise<TaskOutcome> {
  const { target } = execution;
  if (target.status?.currentImage === image) {
    const live = await readLive(execution, signal);
    if (live?.status?.currentImage === image) return { state: "complete", result: { image } };
  }
  await noteOwnerConflict(execution, target, image, signal);
  return { state: "running", waitingFor: waiting(target, image) };
}

function waiting(node: DeepReadonly<SeiNode>, image: string): string {
  const wanted = `SeiNode "${node.metadata.name}" to run ${image}`;
  return node.spec.image === image
    ? wanted
    : `${wanted}, but its spec.image was set to ${node.spec.image} meanwhile; this task has written it and does so once only`;
}

async function noteOwnerConflict(
  { runtime, pass }: Execution,
  node: DeepReadonly<SeiNode>,
  image: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const conflict = await findOwnerConflict(runtime.client, node, image, signal);
  pass.ownerConflict = conflict ?? null;
  return conflict;
}

function readLive({ runtime, target }: Execution, signal: AbortSignal) {
  return unlessNotFound(runtime.client.live.get<SeiNode>(seiNodes, keyOf(target), signal));
}

function imageIn(params: unknown): string {
  const image = isJsonObject(params) ? params.image : undefined;
  if (typeof image === "string" && image !== "") return image;
  throw new InvalidParamsError(`${TaskTypes.updateNodeImage}: image is required and must not be empty`);
}
