/**
 * From the CRD's schema: each property of a live SeiNode through its values, A -> B -> A and bad -> good. The end state does not
 * depend on the path: the oracle for a value is a node that was created with it.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type SeiNode, type SeiNodeSpec, seiNodes } from "#api";
import { type PersistentVolumeClaim, persistentVolumeClaims, type Secret, secrets } from "#kube";
import { withValue } from "../../api/v1alpha1/admission/field-case.ts";
import { choosePoints, isWanted, replayCommand, tellTried } from "../faults/points.ts";
import { endState, withoutPast } from "../harness/end-state.ts";
import { endWorld } from "../harness/manners.ts";
import { condition, NAMESPACE, World } from "../harness/world.ts";
import { type BadValue, CEREMONY_CHAIN, cases, type StateCase } from "./cases.ts";

const suite = { name: "states", every: 6 };
const AT_ONCE = 12;
const BOUND_MS = 120_000;

let world: World;
before(async () => {
  if (!isWanted(suite)) return;
  world = await World.start();
  world.simulator.images.failPull("sei:bad");
  world.simulator.images.failPull("seictl:bad");
  // As the first of a ceremony does when the parts of all are in.
  world.simulator.bucket.put(`${CEREMONY_CHAIN}/peers.json`, [`${"0123456789".repeat(4)}@first:26656`]);
  world.simulator.bucket.publish(CEREMONY_CHAIN);
  for (const peer of ["one", "two"]) {
    await world.createNode(`peer-${peer}`, {}, { labels: { "states/peer": peer } });
    await world.untilReady(`peer-${peer}`);
  }
});
after(() => endWorld(world));

/** Of the last change that was made here, by node. */
const generations = new Map<string, number>();

const keyOf = (name: string) => ({ namespace: NAMESPACE, name });

test("each property of a live node goes through its values, and where it ends does not depend on the path", {
  skip: !isWanted(suite),
  concurrency: AT_ONCE,
}, async (t) => {
  const all = cases.map(({ path }) => path);
  const chosen = new Set(choosePoints(suite, all));
  const points = cases.filter(({ path }) => chosen.has(path));
  await Promise.all(
    points.map((point, index) =>
      t.test(point.path, async () => {
        try {
          await walk(point, `st-${index}`);
        } catch (error) {
          const replay = replayCommand(suite, point.path, import.meta.filename);
          throw new Error(`replay: ${replay}\n${String(error)}`, { cause: error });
        }
      }),
    ),
  );
  tellTried(t, suite, points.length, all.length);
});

async function walk(point: StateCase, name: string): Promise<void> {
  const bads = point.bad ?? [];
  await Promise.all([
    edited(point, `${name}-live`),
    ...bads.flatMap((bad, index) => [
      bornBad(point, bad, `${name}-born-${index}`),
      ...(bad.bornOnly === true ? [] : [turnedBad(point, bad, `${name}-turned-${index}`)]),
    ]),
  ]);
}

/** A -> B -> A. */
async function edited(point: StateCase, name: string): Promise<void> {
  const [from, to] = [specOf(point, name, point.from), specOf(point, name, point.to)];
  await create(name, from);
  const first = await settled(name);
  const { edit } = point;
  if (edit === "like new") {
    await change(name, to);
    const second = await settled(name);
    const twin = `${name}-twin`;
    await create(twin, specOf(point, twin, point.to));
    assert.deepEqual(second, await settled(twin), "as edited, as created");
    await remove(twin);
  } else if ("refused" in edit) {
    const before = await world.rest.get(seiNodes, keyOf(name));
    await assert.rejects(change(name, to), edit.refused);
    assert.deepEqual(await world.rest.get(seiNodes, keyOf(name)), before);
    await remove(name);
    return;
  } else {
    await change(name, to);
    await told(name, edit.held);
  }
  await change(name, from);
  assert.deepEqual(await settled(name), first, "back again, as at first");
  await remove(name);
}

/** A live node is given the bad value, and then the good one back. */
async function turnedBad(point: StateCase, { value, tells, refused }: BadValue, name: string): Promise<void> {
  const [good, bad] = [specOf(point, name, point.from), specOf(point, name, value)];
  await create(name, good);
  const first = await settled(name);
  if (refused === true) {
    await assert.rejects(change(name, bad), tells);
  } else {
    await change(name, bad);
    await told(name, tells);
    await change(name, good);
  }
  assert.deepEqual(await settled(name), first, "bad and good again, as at first");
  await remove(name);
}

/** A node is created with the bad value, and corrected. */
async function bornBad(point: StateCase, bad: BadValue, name: string): Promise<void> {
  const [good, wrong] = [specOf(point, name, point.from), specOf(point, name, bad.value)];
  if (bad.refused === true) {
    await assert.rejects(create(name, wrong), bad.tells);
    return;
  }
  await create(name, wrong);
  await told(name, bad.tells);
  await change(name, good);
  if (bad.retried === true) {
    await world.patchNode(name, { metadata: { annotations: { "sei.io/retry": "1" } } });
  }
  const corrected = await settled(name);
  const twin = `${name}-twin`;
  await create(twin, specOf(point, twin, point.from));
  assert.deepEqual(corrected, await settled(twin), "born bad and corrected, as created");
  await Promise.all([remove(name), remove(twin)]);
}

/** `undefined`: as in the base. */
function specOf({ path, base }: StateCase, name: string, value: unknown): object {
  const spec = { chainId: "pacific-1", image: "sei:v1", ...base(name) };
  return value === undefined ? spec : withValue({ spec }, path, value).spec;
}

async function create(name: string, spec: object): Promise<void> {
  await prepare(name, spec);
  await world.rest.create<SeiNode>(seiNodes, {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNode",
    metadata: { name, namespace: NAMESPACE },
    spec,
  } as never);
}

/** What a person brings along for such a node: a claim, keys. */
async function prepare(name: string, spec: Partial<SeiNodeSpec>): Promise<void> {
  const claim = spec.dataVolume?.import?.pvcName;
  if (claim !== undefined) {
    await world.rest.create<PersistentVolumeClaim>(persistentVolumeClaims, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: claim, namespace: NAMESPACE },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } },
    } as never);
  }
  if (spec.validator?.signingKey === undefined) return;
  const key = { type: "tendermint/PrivKeyEd25519", value: "a" };
  const signing = { address: "a", pub_key: { type: "tendermint/PubKeyEd25519", value: "a" }, priv_key: key };
  await createSecret(`${name}-signing`, { "priv_validator_key.json": JSON.stringify(signing) });
  await createSecret(`${name}-node`, { "node_key.json": JSON.stringify({ priv_key: key }) });
  const keyring = { "node_admin.info": "a", "other_admin.info": "a", "00.address": "a" };
  await createSecret(`${name}-keyring`, keyring);
  await createSecret(`${name}-passphrase`, { word: "a", "other-word": "a" });
}

async function createSecret(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await world.rest.create<Secret>(secrets, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: NAMESPACE },
    stringData: files,
  } as never);
}

/** Replaces the whole spec: a merge patch could not say "an empty object". */
async function change(name: string, spec: object): Promise<void> {
  const patch = [{ op: "replace" as const, path: "/spec", value: spec }];
  const { metadata } = await world.rest.jsonPatch<SeiNode>(seiNodes, keyOf(name), patch);
  generations.set(name, metadata.generation ?? 0);
}

/** Looked at since its last change, at rest, and what it then is. */
async function settled(name: string): Promise<unknown> {
  // Our own view may be behind our own change.
  const since = generations.get(name) ?? 0;
  await world.untilNode(
    name,
    "settled",
    ({ metadata, spec, status }) =>
      (metadata.generation ?? 0) >= since &&
      status?.observedGeneration === metadata.generation &&
      status?.plan === undefined &&
      condition({ status } as SeiNode, "Ready")?.status === "True" &&
      status?.currentImage === spec.image,
    BOUND_MS,
  );
  return withoutPast(await endState(world, name));
}

async function told(name: string, tells: RegExp): Promise<void> {
  await world.untilNode(
    name,
    `told /${tells.source}/`,
    (node) =>
      condition(node, "Ready")?.status === "False" && tells.test(condition(node, "Ready")?.message ?? ""),
    BOUND_MS,
  );
}

async function remove(name: string): Promise<void> {
  const { uid } = (await world.rest.get<SeiNode>(seiNodes, keyOf(name))).metadata;
  await world.rest.delete(seiNodes, keyOf(name), { preconditions: { uid } });
  await world.untilGone(world.nodes, keyOf(name));
}
