import assert from "node:assert/strict";
import { test } from "node:test";
import { ownershipTransfer } from "./field-ownership.ts";

const entry = (manager: string, operation: string, fieldsV1: object, more: object = {}) => ({
  manager,
  operation,
  apiVersion: "apps/v1",
  fieldsType: "FieldsV1",
  fieldsV1,
  ...more,
});

function transfer(...managedFields: object[]) {
  return ownershipTransfer({ metadata: { resourceVersion: "7", managedFields } }, "seinode-controller", [
    "manager",
  ]);
}

test("an object that nobody wrote with PUT needs no transfer", () => {
  assert.equal(transfer(), undefined);
  assert.equal(transfer(entry("seinode-controller", "Apply", { "f:spec": {} })), undefined);
  assert.equal(transfer(entry("kubectl-edit", "Update", { "f:spec": {} })), undefined);
});

test("the status entry of the StatefulSet controller and a status PUT are not touched", () => {
  assert.equal(
    transfer(entry("manager", "Update", { "f:status": {} }, { subresource: "status" })),
    undefined,
  );
});

test("what the Go operator wrote with PUT is united with what we applied; other managers stay", () => {
  const kubectl = entry("kubectl", "Update", { "f:metadata": { "f:labels": { "f:team": {} } } });
  const operations = transfer(
    entry("manager", "Update", { "f:spec": { "f:replicas": {}, "f:template": { "f:a": {} } } }),
    kubectl,
    entry("seinode-controller", "Apply", { "f:spec": { "f:template": { "f:b": {} } } }),
  );
  assert.deepEqual(operations, [
    { op: "replace", path: "/metadata/resourceVersion", value: "7" },
    {
      op: "replace",
      path: "/metadata/managedFields",
      value: [
        kubectl,
        entry("seinode-controller", "Apply", {
          "f:spec": { "f:replicas": {}, "f:template": { "f:a": {}, "f:b": {} } },
        }),
      ],
    },
  ]);
});

test("without an apply entry of ours, the former manager's entry becomes it", () => {
  const operations = transfer(entry("manager", "Update", { "f:spec": {} }));
  assert.deepEqual(operations?.[1], {
    op: "replace",
    path: "/metadata/managedFields",
    value: [entry("seinode-controller", "Apply", { "f:spec": {} })],
  });
});

test("finalizers stay with the manager that set them: taken over, they would go with the next apply", () => {
  const finalizers = { "f:finalizers": { ".": {}, 'v:"sei.io/seinode-finalizer"': {} } };
  const operations = transfer(
    entry("manager", "Update", { "f:metadata": { "f:labels": { "f:a": {} }, ...finalizers }, "f:spec": {} }),
  );
  const [, { value } = { value: [] }] = (operations ?? []) as {
    value: { manager: string; fieldsV1: object }[];
  }[];
  assert.deepEqual(
    value.map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
    [
      ["manager", { "f:metadata": finalizers }],
      ["seinode-controller", { "f:metadata": { "f:labels": { "f:a": {} } }, "f:spec": {} }],
    ],
  );
});

test("an entry that holds nothing but finalizers needs no transfer", () => {
  const fields = { "f:metadata": { "f:finalizers": { 'v:"x"': {} } } };
  assert.equal(transfer(entry("manager", "Update", fields)), undefined);
});
