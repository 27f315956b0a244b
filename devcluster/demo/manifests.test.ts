import assert from "node:assert/strict";
import { test } from "node:test";
import { NAMESPACE } from "./cluster.ts";
import { readManifestNames } from "./manifests.ts";
import { UPGRADED } from "./story.ts";

test("the manifests hold the namespace first, the node to upgrade, and two more", async () => {
  const names = await readManifestNames();
  assert.deepEqual(names[0], { kind: "Namespace", name: NAMESPACE });
  const nodes = names.filter(({ kind }) => kind === "SeiNode").map(({ name }) => name);
  assert.ok(nodes.includes(UPGRADED));
  assert.ok(nodes.length >= 3);
});
