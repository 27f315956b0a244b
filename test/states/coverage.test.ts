/** No property of a SeiNode without values: whoever adds one to the schema is sent to the table beside this file. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildCrd } from "../../api/v1alpha1/schema/crd.ts";
import { kinds } from "../../api/v1alpha1/schema/kinds.ts";
import { type JsonSchema, walkFields } from "../../api/v1alpha1/schema/walk.ts";
import { cases } from "./cases.ts";

/** What a person writes a value for: neither a mere parent, nor the item of a list of plain values. */
function properties(): readonly string[] {
  const definition = kinds.find(({ kind }) => kind === "SeiNode");
  assert.ok(definition);
  const [version] = buildCrd(definition).spec.versions;
  assert.ok(version);
  const schema: JsonSchema = JSON.parse(JSON.stringify(version.schema.openAPIV3Schema));
  return [...walkFields(schema)]
    .filter(({ path, schema: field }) => path.startsWith("spec.") && isLeaf(field) && !path.endsWith("[]"))
    .map(({ path }) => path);
}

function isLeaf({ properties: children = {}, items }: JsonSchema): boolean {
  return Object.keys(children).length === 0 && items?.properties === undefined;
}

const covered = new Set(
  cases.flatMap(({ path, covers = [] }) => [path.replaceAll(/\[\d+\]/g, "[]"), ...covers]),
);

test("each property of a SeiNode's spec has values to go through", () => {
  const missing = properties().filter((path) => !covered.has(path));
  assert.deepEqual(
    missing,
    [],
    `no values for ${missing.join(", ")}: add to test/states/cases.ts a case with two good values, what an edit from one to the other comes to, and a bad value if there is one`,
  );
});

test("each case is of a property that there is", () => {
  const known = new Set(properties());
  const gone = [...covered].filter((path) => ![...known].some((property) => property.startsWith(path)));
  assert.deepEqual(gone, []);
});
