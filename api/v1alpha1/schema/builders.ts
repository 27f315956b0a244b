/**
 * TypeBox in the dialect of Kubernetes. A structural schema has no `const`, no `patternProperties` and no union of
 * types, so literal unions, records and free JSON are built here with `Type.Unsafe`; plain objects, lists and scalars
 * come from TypeBox as they are. Every builder takes the description first: `kubectl explain` shows it.
 */

import type { TProperties, TSchema } from "typebox";
import Type, {
  type TArrayOptions,
  type TNumberOptions,
  type TObjectOptions,
  type TStringOptions,
} from "typebox";

export const optional = Type.Optional;

export const text = (description: string, options: TStringOptions = {}) =>
  Type.String({ description, ...options });

export const flag = (description: string) => Type.Boolean({ description });

export const int32 = (description: string, options: TNumberOptions = {}) =>
  Type.Integer({ description, format: "int32", ...options });

/** Typed as number: values beyond 2^53-1 pass the API server and must be refused by whoever reads them. */
export const int64 = (description: string, options: TNumberOptions = {}) =>
  Type.Integer({ description, format: "int64", ...options });

/** An integer without a format, as the Go operator publishes its plain `int` fields. */
export const count = (description: string) => Type.Integer({ description });

/** A count, or a share such as "25%". An integer is bound by `minimum`, a text by `pattern`. */
export const intOrPercent = (description: string) =>
  Type.Unsafe<number | string>({
    description,
    anyOf: [{ type: "integer" }, { type: "string" }],
    minimum: 1,
    pattern: "^([1-9][0-9]?|100)%$",
    "x-kubernetes-int-or-string": true,
  });

/** RFC 3339. We write whole seconds. */
export const time = (description: string) => text(description, { format: "date-time" });

export function choice<const Values extends readonly string[]>(
  description: string,
  values: Values,
  options: { readonly default?: Values[number] } = {},
) {
  return Type.Unsafe<Values[number]>({ type: "string", description, enum: [...values], ...options });
}

export const object = <Properties extends TProperties>(
  description: string,
  properties: Properties,
  options: TObjectOptions = {},
) => Type.Object(properties, { description, ...options });

/** An object whose being there is all it says. Users write `{}`. */
export const presence = (description: string) =>
  Type.Unsafe<Record<string, never>>({ type: "object", description });

export const stringMap = (description: string, options: { readonly minProperties?: number } = {}) =>
  Type.Unsafe<Record<string, string>>({
    type: "object",
    description,
    additionalProperties: { type: "string" },
    ...options,
  });

export const jsonMap = (description: string) =>
  Type.Unsafe<Record<string, unknown>>({
    type: "object",
    description,
    additionalProperties: { "x-kubernetes-preserve-unknown-fields": true },
  });

/** Any JSON value, kept as it is. */
export const json = (description: string) =>
  Type.Unsafe<unknown>({ description, "x-kubernetes-preserve-unknown-fields": true });

/** Atomic: server-side apply replaces the list as a whole. */
export const list = <Item extends TSchema>(description: string, items: Item, options: TArrayOptions = {}) =>
  Type.Array(items, { description, ...options });

/** Merged by the value of `key`, which must be required in the items. */
export const listByKey = <Item extends TSchema>(description: string, key: string, items: Item) =>
  list(description, items, { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key] });
