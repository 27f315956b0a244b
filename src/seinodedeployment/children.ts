/** The SeiNodes of a group, as they were read (pure). */
import { Labels, type SeiNode } from "#api";
import { type DeepReadonly, isControlledBy } from "#kube";

export type Child = DeepReadonly<SeiNode>;

/** The owned SeiNodes of one pass, terminating ones included. Kept up with what the pass writes. */
export class Children {
  readonly #byName: Map<string, Child>;
  #sorted: readonly Child[] | undefined;

  constructor(children: readonly Child[]) {
    this.#byName = new Map(children.map((child) => [child.metadata.name, child]));
  }

  /** Sorted by ordinal, then name. */
  get all(): readonly Child[] {
    this.#sorted ??= [...this.#byName.values()].sort(byOrdinal);
    return this.#sorted;
  }

  get names(): string[] {
    return this.all.map(({ metadata }) => metadata.name);
  }

  named(name: string): Child | undefined {
    return this.#byName.get(name);
  }

  put(child: Child): void {
    this.#byName.set(child.metadata.name, child);
    this.#sorted = undefined;
  }

  drop(name: string): void {
    this.#byName.delete(name);
    this.#sorted = undefined;
  }
}

/** Of the SeiNodes that carry the group's label, those that the group controls: a label is not an owner. */
export function ownedChildren(labelled: readonly Child[], groupUid: string): Children {
  return new Children(labelled.filter((node) => isControlledBy(node, groupUid)));
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
