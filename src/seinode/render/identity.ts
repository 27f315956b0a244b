import { Labels, type SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { type Mode, modeOf, modeOfRole } from "./mode.ts";

/** What a data volume is bound to for good: these two can never change under it (design D27). */
export interface NodeIdentity {
  readonly chainId: string;
  readonly mode: Mode;
}

export interface IdentityChange {
  readonly field: "chainId" | "mode";
  readonly from: string;
  readonly to: string;
}

/** A live object we rendered: the StatefulSet, or the data claim, which outlives a deleted StatefulSet. */
export interface RenderedObject {
  readonly metadata: Labelled;
  readonly spec?: object | undefined;
}

interface Labelled {
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export function identityOf(node: DeepReadonly<SeiNode>): NodeIdentity {
  return { chainId: node.spec.chainId, mode: modeOf(node) };
}

/**
 * The field of the spec that says something else than what the live object was rendered with; the chain is named first
 * when both changed. `undefined`: nothing changed, or the object does not tell (labels missing or not ours), which is no
 * evidence of a change. The labels of the pod template count before those of the object itself: a pod really has them,
 * while the object's own are easily edited by hand.
 */
export function identityChange(
  node: DeepReadonly<SeiNode>,
  rendered: RenderedObject,
): IdentityChange | undefined {
  const wanted = identityOf(node);
  const chainId = labelOf(rendered, Labels.chain);
  if (chainId !== undefined && chainId !== wanted.chainId) {
    return { field: "chainId", from: chainId, to: wanted.chainId };
  }
  const mode = modeOfRole(labelOf(rendered, Labels.role));
  if (mode !== undefined && mode !== wanted.mode) return { field: "mode", from: mode, to: wanted.mode };
  return undefined;
}

function labelOf(rendered: RenderedObject, key: string): string | undefined {
  const spec: { readonly template?: { readonly metadata?: Labelled } } | undefined = rendered.spec;
  return spec?.template?.metadata?.labels?.[key] ?? rendered.metadata.labels?.[key];
}
