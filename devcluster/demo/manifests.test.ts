import assert from "node:assert/strict";
import { test } from "node:test";
import { NAMESPACE } from "./cluster.ts";
import { readManifests, readNodes } from "./manifests.ts";
import { UPGRADED } from "./story.ts";

test("the manifests hold the namespace first, and side by side the full node to upgrade, an archive and a BYO-key validator", async () => {
  const [first] = await readManifests();
  assert.deepEqual([first?.kind, first?.metadata.name], ["Namespace", NAMESPACE]);
  const nodes = await readNodes();
  const upgraded = nodes.find(({ metadata }) => metadata.name === UPGRADED);
  assert.ok(upgraded?.spec.fullNode);
  assert.ok(nodes.some(({ spec }) => spec.archive !== undefined));
  const validator = nodes.find(({ spec }) => spec.validator !== undefined)?.spec.validator;
  assert.ok(validator?.signingKey && validator.nodeKey && validator.operatorKeyring);
});
