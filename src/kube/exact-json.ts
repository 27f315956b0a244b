/**
 * JSON that never rounds an integer (design 4.5).
 *
 * Kubernetes integers are int64; JavaScript numbers are exact up to 2^53-1. A height of 9007199254740993 read as ...992
 * would silently be acted on. Checking every number would cost each list dearly, so: one linear scan of the text for 16
 * digits in a row where a number may stand, which real objects almost never contain, and only on a hit a second parse
 * that sees the source text of each number. Fractions and exponents are floats by intent and are left alone.
 *
 * One bad object must not stop a list or a watch: collections report it beside the good ones, with identity only.
 */
import { ApiError } from "./errors.ts";
import { isJsonObject } from "./json.ts";
import { formatKey } from "./object.ts";

/** An object holds an integer that JavaScript cannot represent. Class `invalid`: reading it again gives the same. */
export class UnsafeIntegerError extends ApiError {
  /** `spec.snapshot.height`; a list index is `[3]`. */
  readonly path: string;
  readonly kind: string | undefined;
  readonly namespace: string | undefined;
  /** Undefined when the text held no object with a name. */
  readonly objectName: string | undefined;

  constructor(what: string, path: string, digits: string, object: unknown) {
    const { kind, namespace, name } = identify(object);
    const who = name === undefined ? "" : ` of ${kind ?? "object"} ${formatKey(keyFrom(namespace, name))}`;
    super(`${what}: ${path}${who} is ${digits}, beyond the largest exact integer 9007199254740991`, {
      class: "invalid",
    });
    this.path = path;
    this.kind = kind;
    this.namespace = namespace;
    this.objectName = name;
  }
}

export interface ExactItem {
  /** The item, or when `error` is set only its apiVersion, kind and metadata. */
  readonly value: unknown;
  readonly error?: UnsafeIntegerError;
}

/** Parses one object. Throws SyntaxError on malformed text and UnsafeIntegerError on an integer that would be rounded. */
export function parseExact(text: string, what: string): unknown {
  if (!mayRound(text)) return JSON.parse(text);
  const value = parseMarking(text);
  const found = findUnsafe(value);
  if (found !== undefined) throw new UnsafeIntegerError(what, found.path, found.digits, value);
  return value;
}

/** Parses `{ [member]: object }` (a watch event's `object`) or `{ [member]: object[] }` (a list's `items`). */
export function parseExactMember(
  text: string,
  member: string,
  what: string,
): { whole: unknown; items: ExactItem[] } {
  const doubtful = mayRound(text);
  const whole: unknown = doubtful ? parseMarking(text) : JSON.parse(text);
  const content = isJsonObject(whole) ? whole[member] : undefined;
  const values: unknown[] = Array.isArray(content)
    ? content
    : content === undefined || content === null
      ? []
      : [content];
  return { whole, items: values.map((value) => (doubtful ? judge(value, what) : { value })) };
}

/** A number can only follow one of these; inside a string the pattern may match too, which the second parse sorts out. */
const longDigits = /(?:^|[:,[\s-])\d{16}/;

function mayRound(text: string): boolean {
  return longDigits.test(text);
}

class Unsafe {
  readonly digits: string;
  constructor(digits: string) {
    this.digits = digits;
  }
}

type SourceReviver = (key: string, value: unknown, context: { source?: string }) => unknown;

function parseMarking(text: string): unknown {
  const reviver: SourceReviver = (_key, value, { source }) =>
    typeof value === "number" &&
    source !== undefined &&
    /^-?\d+$/.test(source) &&
    !Number.isSafeInteger(value)
      ? new Unsafe(source)
      : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}

function judge(value: unknown, what: string): ExactItem {
  const found = findUnsafe(value);
  if (found === undefined) return { value };
  const error = new UnsafeIntegerError(what, found.path, found.digits, value);
  if (!isJsonObject(value)) return { value: undefined, error };
  const { apiVersion, kind, metadata } = value;
  const identity = isJsonObject(metadata)
    ? Object.fromEntries(Object.entries(metadata).filter(([, part]) => findUnsafe(part) === undefined))
    : {};
  return { value: { apiVersion, kind, metadata: identity }, error };
}

function findUnsafe(value: unknown, path = ""): { path: string; digits: string } | undefined {
  if (value instanceof Unsafe) return { path, digits: value.digits };
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    const here = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    const found = findUnsafe(part, here);
    if (found !== undefined) return found;
  }
  return undefined;
}

function identify(object: unknown): { kind?: string; namespace?: string; name?: string } {
  if (!isJsonObject(object)) return {};
  const { kind } = object;
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  const { namespace, name } = metadata;
  return {
    ...(typeof kind === "string" && { kind }),
    ...(typeof namespace === "string" && { namespace }),
    ...(typeof name === "string" && { name }),
  };
}

function keyFrom(namespace: string | undefined, name: string) {
  return namespace === undefined ? { name } : { namespace, name };
}
