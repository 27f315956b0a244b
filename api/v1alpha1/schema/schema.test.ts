import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildCrd } from "./crd.ts";
import { type KindDefinition, kinds } from "./kinds.ts";
import { celRules, rules } from "./rules.ts";
import { type JsonSchema, walkFields } from "./walk.ts";

/** As the API server sees it. */
function schemaOf(definition: KindDefinition): JsonSchema {
  const [version] = buildCrd(definition).spec.versions;
  assert.ok(version);
  return JSON.parse(JSON.stringify(version.schema.openAPIV3Schema));
}

/** What a structural schema may hold, of the keywords this API uses. */
const structural = new Set([
  "type",
  "anyOf",
  "x-kubernetes-int-or-string",
  "description",
  "properties",
  "required",
  "items",
  "additionalProperties",
  "enum",
  "format",
  "default",
  "pattern",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "minItems",
  "minProperties",
  "x-kubernetes-validations",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-preserve-unknown-fields",
]);

for (const definition of kinds) {
  describe(definition.kind, () => {
    const schema = schemaOf(definition);
    const fields = [...walkFields(schema)];

    test("every field but metadata has a description that is a sentence", () => {
      const bad = fields
        .filter(({ path }) => path !== "metadata" && !path.endsWith("[]"))
        .filter(({ schema: { description } }) => !/^[A-Za-z0-9].*\.$/.test(description ?? ""))
        .map(({ path, schema: { description } }) => `${path}: ${description}`);
      assert.deepEqual(bad, []);
    });

    test("every keyword is one that structural schemas know", () => {
      const bad = fields.flatMap(({ path, schema }) =>
        Object.keys(schema)
          .filter((keyword) => !structural.has(keyword))
          .map((keyword) => `${path}: ${keyword}`),
      );
      assert.deepEqual(bad, []);
    });

    test("every key of a list by key is required in its items", () => {
      for (const { path, schema } of fields) {
        const keys = schema["x-kubernetes-list-map-keys"];
        if (!Array.isArray(keys)) continue;
        for (const key of keys) assert.ok(schema.items?.required?.includes(key), `${path}: ${key}`);
      }
    });

    test("nothing is required at the root", () => {
      assert.equal(schema.required, undefined);
    });
  });
}

test("the template of a deployment holds the very schema of a SeiNode's spec", () => {
  const [node, deployment] = kinds.map(schemaOf);
  assert.deepEqual(
    deployment?.properties?.spec?.properties?.template?.properties?.spec,
    node?.properties?.spec,
  );
});

test("every rule of the table is attached to some field", () => {
  const attached = new Set(
    kinds
      .flatMap((definition) => [...walkFields(schemaOf(definition))])
      .flatMap(
        ({ schema }) => (schema["x-kubernetes-validations"] ?? []) as { rule: string; message: string }[],
      )
      .map(({ rule, message }) => `${rule} ${message}`),
  );
  const loose = Object.entries(celRules).filter(
    ([, { rule, message }]) => !attached.has(`${rule} ${message}`),
  );
  assert.deepEqual(loose, []);
});

test("rules keep the order they are given in", () => {
  assert.deepEqual(
    rules("S2", "S1")["x-kubernetes-validations"].map(({ message }) => message),
    [celRules.S2.message, celRules.S1.message],
  );
});
