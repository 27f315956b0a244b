import type { Draft, Json } from "./drafts.ts";

/** Stands for a field that is not there. */
export const ABSENT = Symbol("absent");

/** Values one field takes, and values it refuses, everything else being as in `base`. */
export interface FieldCase {
  /** For example `spec.peers[0].static.addresses`. */
  readonly path: string;
  readonly accepts: readonly unknown[];
  readonly rejects: readonly unknown[];
}

export interface FieldCases {
  readonly situation: string;
  readonly base: Draft;
  readonly fields: readonly FieldCase[];
}

export const field = (
  path: string,
  accepts: readonly unknown[],
  rejects: readonly unknown[] = [],
): FieldCase => ({
  path,
  accepts,
  rejects,
});

type Key = string | number;

function keysOf(path: string): Key[] {
  return [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
}

/** A copy of `root` with `value` at `path`. Parents on the way must be there: a typo in a path must not pass. */
export function withValue<T extends object>(root: T, path: string, value: unknown): T {
  const copy = structuredClone(root);
  const keys = keysOf(path);
  const last = keys.pop();
  const parent = keys.reduce<unknown>((at, key) => (at as Json)[key], copy);
  if (last === undefined || typeof parent !== "object" || parent === null)
    throw new Error(`no parent for ${path}`);
  if (value === ABSENT) delete (parent as Json)[last];
  else (parent as Json)[last] = value;
  return copy;
}

export function valueAt(root: unknown, path: string): unknown {
  return keysOf(path).reduce<unknown>((at, key) => (at as Json | undefined)?.[key], root);
}

/** For test names: short, also for a string of 513 characters. */
export function show(value: unknown): string {
  if (value === ABSENT) return "no value";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 20)}... (${text.length - 2} characters)` : text;
}
