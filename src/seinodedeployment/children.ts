/** The SeiNodes of a group, as they were read (pure). */
import { Labels, type SeiNode } from "#api";
import { type DeepReadonly, isControlledBy } from "#kube";

export type Child = DeepReadonly<SeiNode>;

/** Sorted by ordinal, then name; each once. Terminating ones included. */
export type Children = readonly Child[];

/** Of the SeiNodes that carry the group's label, those that the group controls. */
export function ownedChildren(labelled: readonly Child[], groupUid: string): Children {
  return [...labelled].filter((node) => isControlledBy(node, groupUid)).sort(byOrdinal);
}

/** `children` with this version of a node in its place. */
export function withChild(children: Children, child: Child): Children {
  return [...children.filter(({ metadata }) => metadata.name !== child.metadata.name), child].sort(byOrdinal);
}

export function childNamed(children: Children, name: string): Child | undefined {
  return children.find(({ metadata }) => metadata.name === name);
}

export function childName(group: { readonly metadata: { readonly name: string } }, ordinal: number): string {
  return `${group.metadata.name}-${ordinal}`;
}

/** Undefined for a node whose label says nothing: such a node is left alone. */
export function ordinalOf(child: Child): number | undefined {
  const text = child.metadata.labels?.[Labels.nodeDeploymentOrdinal] ?? "";
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The ordinal that a name of this group stands for. */
export function ordinalInName(group: { readonly metadata: { readonly name: string } }, name: string): number {
  const suffix = name.startsWith(`${group.metadata.name}-`) ? name.slice(group.metadata.name.length + 1) : "";
  return /^\d+$/.test(suffix) ? Number(suffix) : Number.MAX_SAFE_INTEGER;
}

export function isTerminating(child: Child): boolean {
  return child.metadata.deletionTimestamp !== undefined;
}

export function namesOf(children: Children): string[] {
  return children.map(({ metadata }) => metadata.name);
}

/** For texts: a few names say where to look, a hundred say nothing. */
export function nameList(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

function byOrdinal(a: Child, b: Child): number {
  const [first, second] = [a, b].map((child) => ordinalOf(child) ?? Number.MAX_SAFE_INTEGER);
  if (first !== second) return (first ?? 0) - (second ?? 0);
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
