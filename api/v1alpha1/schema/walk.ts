/** Walks an OpenAPI schema as a reader of manifests would: by field path. For checks that hold for every field. */

export interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly [keyword: string]: unknown;
}

export interface SchemaField {
  /** For example `spec.peers[].static.addresses[]`. */
  readonly path: string;
  readonly schema: JsonSchema;
  /** Listed in `required` of its parent. */
  readonly required: boolean;
}

/** All fields below `schema`, list items included, parents before children. */
export function* walkFields(schema: JsonSchema, path = ""): Generator<SchemaField> {
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const at = path === "" ? name : `${path}.${name}`;
    yield { path: at, schema: child, required: schema.required?.includes(name) ?? false };
    yield* walkFields(child, at);
  }
  if (schema.items !== undefined) {
    yield { path: `${path}[]`, schema: schema.items, required: false };
    yield* walkFields(schema.items, `${path}[]`);
  }
}
