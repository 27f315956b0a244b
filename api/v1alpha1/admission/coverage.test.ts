/** No constraint without a test: whoever adds one to a schema is sent to the tables beside this file. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildCrd } from "../schema/crd.ts";
import { kinds } from "../schema/kinds.ts";
import { type JsonSchema, type SchemaField, walkFields } from "../schema/walk.ts";
import { immutableCases } from "./immutable-cases.ts";
import { seiNodeFieldCases } from "./seinode-field-cases.ts";
import { seiNodeDeploymentFieldCases } from "./seinodedeployment-field-cases.ts";
import { seiNodeTaskFieldCases } from "./seinodetask-field-cases.ts";
import { statusCases } from "./status-cases.ts";

const keywords = [
  "enum",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "minItems",
  "minProperties",
];

/** Its SeiNode counterpart is tested; `schema.test.ts` holds the two equal. */
const templateSpec = "spec.template.spec.";

function schemaOf(kind: string): JsonSchema {
  const definition = kinds.find((each) => each.kind === kind);
  assert.ok(definition, kind);
  const [version] = buildCrd(definition).spec.versions;
  assert.ok(version);
  return JSON.parse(JSON.stringify(version.schema.openAPIV3Schema));
}

function isConstrained({ schema, required }: SchemaField): boolean {
  // What is required but has a default is never missed.
  if (required && schema.default === undefined) return true;
  return schema.format === "date-time" || keywords.some((keyword) => keyword in schema);
}

const normalise = (path: string) => path.replaceAll(/\[\d+\]/g, "[]");

/** Fields with at least one value that a case expects to be refused. */
function refusals(kind: string): Set<string> {
  const bySpec = [...seiNodeFieldCases, ...seiNodeDeploymentFieldCases, ...seiNodeTaskFieldCases]
    .filter(({ base }) => base.kind === kind)
    .flatMap(({ fields }) => fields);
  const byStatus = statusCases.filter(({ draft }) => draft.kind === kind).flatMap(({ fields }) => fields);
  return new Set(
    [...bySpec, ...byStatus].filter(({ rejects }) => rejects.length > 0).map(({ path }) => normalise(path)),
  );
}

for (const { kind } of kinds) {
  test(`each constrained field of ${kind} has a value it refuses`, () => {
    const tested = refusals(kind);
    const missing = [...walkFields(schemaOf(kind))]
      .filter((field) => isConstrained(field) && !field.path.startsWith(templateSpec))
      .map(({ path }) => path)
      .filter((path) => !tested.has(path));
    assert.deepEqual(missing, []);
  });

  test(`each list by key of ${kind} has a duplicate it refuses`, () => {
    const tested = refusals(kind);
    const missing = [...walkFields(schemaOf(kind))]
      .filter(
        ({ path, schema }) => schema["x-kubernetes-list-type"] === "map" && !path.startsWith(templateSpec),
      )
      .map(({ path }) => path)
      // The case is either a whole list or a second item.
      .filter((path) => !tested.has(path) && !tested.has(`${path}[]`));
    assert.deepEqual(missing, []);
  });
}

test("each immutable leaf has a case", () => {
  const leaves = kinds.flatMap(({ kind }) =>
    [...walkFields(schemaOf(kind))].filter(({ schema, path }) => {
      const validations = schema["x-kubernetes-validations"];
      const immutable =
        Array.isArray(validations) && validations.some(({ rule }) => rule === "self == oldSelf");
      return immutable && !path.startsWith(templateSpec);
    }),
  );
  const tested = new Set(immutableCases.map(({ path }) => path));
  assert.equal(leaves.length, 5);
  assert.deepEqual(
    leaves.filter(({ path }) => !tested.has(path)),
    [],
  );
});
