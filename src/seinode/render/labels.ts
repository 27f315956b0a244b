import { Labels, type SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { RenderError } from "./errors.ts";
import { roleOf } from "./mode.ts";

/** What Kubernetes allows in a label value. */
const maxLabelValue = 63;
/**
 * The StatefulSet controller puts `<name>-<hash>` into the pod label `controller-revision-hash`, the hash being up to ten
 * digits. With a longer name it never manages to create the pod, and says so only in an event of the StatefulSet.
 */
const maxNodeName = maxLabelValue - "-".length - 10;

/**
 * Labels of every object that belongs to the node, pods included: `spec.podLabels`, over which the system's own always
 * win. Keys are sorted, so that the same spec gives the same bytes. Throws a RenderError when a system label could not
 * be valid.
 */
export function resourceLabels(node: DeepReadonly<SeiNode>): Record<string, string> {
  const role = roleOf(node);
  const { chainId, podLabels } = node.spec;
  const { name } = node.metadata;
  if (name.length > maxNodeName) {
    throw new RenderError(
      `metadata.name is ${name.length} characters long: its pod can only be labelled with at most ${maxNodeName}; ` +
        "create the node under a shorter name",
    );
  }
  if (chainId.length > maxLabelValue) {
    throw new RenderError(
      `spec.chainId is ${chainId.length} characters long: it becomes a label value, which may have at most ${maxLabelValue}`,
    );
  }
  const system = { [Labels.node]: name, ...(chainId && { [Labels.chain]: chainId }), [Labels.role]: role };
  return sortedByKey({ ...podLabels, ...system });
}

/** Exactly one key. A live StatefulSet's selector cannot change, so nothing that can be edited may be in it. */
export function selectorLabels(node: DeepReadonly<SeiNode>): Record<string, string> {
  return { [Labels.node]: node.metadata.name };
}

function sortedByKey(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
