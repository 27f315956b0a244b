/** Which changes are worth a pass over a group (spec/seinodedeployment.md 12.4, design 4.4). */
import { Labels, type SeiNode, SeiNodeConditions, seiNodeDeployments } from "#api";
import {
  controllerOf,
  type DeepReadonly,
  findCondition,
  type InformerEvent,
  type KeyMapping,
  labelKeys,
  type ObjectKey,
  ownerKeys,
} from "#kube";

/** Of a node's status only what a group tells or decides by; its plans, peers and times are its own business. */
export function childPredicate({ type, object, old }: InformerEvent<SeiNode>): boolean {
  if (type !== "modified" || old === undefined) return true;
  if (object.metadata.uid !== old.metadata.uid) return true;
  if (object.metadata.generation !== old.metadata.generation) return true;
  // Whose node it is.
  if (controllerOf(object)?.uid !== controllerOf(old)?.uid) return true;
  if (groupOf(object) !== groupOf(old)) return true;
  const [now, before] = [object.status, old.status];
  return (
    now?.phase !== before?.phase ||
    now?.currentImage !== before?.currentImage ||
    now?.currentSidecarImage !== before?.currentSidecarImage ||
    readiness(object) !== readiness(old) ||
    stall(object) !== stall(old)
  );
}

const ownerGroups = ownerKeys(seiNodeDeployments);
const labelledGroups = labelKeys(Labels.nodeDeployment);

/** The group that controls the node, and the one it is labelled with: an orphan waits for one, a name is waited for by the other. */
export const groupsOfNode: KeyMapping<SeiNode> = (event) => {
  const keys = new Map<string, ObjectKey>();
  for (const key of [...ownerGroups(event as never), ...labelledGroups(event as never)])
    keys.set(`${key.namespace}/${key.name}`, key);
  return keys.values();
};

function groupOf(node: DeepReadonly<SeiNode>): string | undefined {
  return node.metadata.labels?.[Labels.nodeDeployment];
}

/** Status, and whether it is about the spec as it is: only then does it count. */
function readiness(node: DeepReadonly<SeiNode>): string {
  const ready = findCondition(node.status?.conditions, SeiNodeConditions.ready);
  const current = (ready?.observedGeneration ?? 0) >= (node.metadata.generation ?? 0);
  return `${ready?.status} ${current}`;
}

function stall(node: DeepReadonly<SeiNode>): string | undefined {
  const stalled = findCondition(node.status?.conditions, SeiNodeConditions.stalled);
  return stalled?.status === "True" ? stalled.reason : undefined;
}
