import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import type { SeiNodeTask } from "#api";
import { NAMESPACE } from "./cluster.ts";
import { namesIn } from "./lookup.ts";
import { MANIFESTS, readGroup } from "./manifests.ts";
import { NEW_IMAGE, readCast, UPGRADED } from "./story.ts";

const SAMPLES = join(import.meta.dirname, "../../config/samples");
const cast = await readCast();
const read = async (path: string) => parse(await readFile(path, "utf8"));
const withoutNamespace = ({
  metadata: { namespace, ...metadata },
  ...rest
}: ReturnType<typeof JSON.parse>) => {
  assert.equal(namespace, NAMESPACE);
  return { ...rest, metadata };
};

test("side by side stand the full node to upgrade, an archive and a BYO-key validator", async () => {
  assert.equal((await read(MANIFESTS.namespace)).metadata.name, NAMESPACE);
  const upgraded = cast.nodes.find(({ metadata }) => metadata.name === UPGRADED);
  assert.ok(upgraded?.spec.fullNode);
  assert.ok(cast.nodes.some(({ spec }) => spec.archive !== undefined));
  const validator = cast.nodes.find(({ spec }) => spec.validator !== undefined)?.spec.validator;
  assert.ok(validator?.signingKey && validator.nodeKey && validator.operatorKeyring);
});

test("four validators found a chain, three RPC nodes of it find them by label, on another image than they are upgraded to", () => {
  const { validators, rpc } = cast;
  assert.equal(validators.spec.replicas, 4);
  assert.equal(validators.spec.genesis?.chainId, validators.spec.template.spec.chainId);
  assert.equal(rpc.spec.replicas, 3);
  assert.equal(rpc.spec.template.spec.chainId, validators.spec.template.spec.chainId);
  assert.deepEqual(rpc.spec.template.spec.peers, [
    { label: { selector: { "sei.io/nodedeployment": validators.metadata.name } } },
  ]);
  assert.notEqual(rpc.spec.template.spec.image, NEW_IMAGE);
});

const sameAsSamples = [
  [MANIFESTS.validators, "deployment-genesis.yaml"],
  [MANIFESTS.rpc, "deployment-rpc-label-peers.yaml"],
  [MANIFESTS.restart, "task-restart-seid.yaml"],
] as const;
for (const [manifest, sample] of sameAsSamples) {
  test(`the demo shows the sample ${sample} as it stands`, async () => {
    assert.deepEqual(withoutNamespace(await read(manifest)), await read(join(SAMPLES, sample)));
  });
}

test("each sample task is about a node of the demo, so that it can be tried there", async () => {
  const names = [
    ...cast.nodes.map(({ metadata }) => metadata.name),
    ...namesIn(cast.validators),
    ...namesIn(cast.rpc),
  ];
  const files = (await readdir(SAMPLES)).filter((file) => file.startsWith("task-"));
  assert.ok(files.length > 0);
  for (const file of files) {
    const task: SeiNodeTask = await read(join(SAMPLES, file));
    assert.ok(names.includes(task.spec.target.nodeRef.name), file);
  }
});

test("a file that is something else is refused by name", async () => {
  await assert.rejects(readGroup(MANIFESTS.restart), /restart-seid\.yaml: not a SeiNodeDeployment/);
});
