/** Pairs of changes that cancel out, and what has to be the same after them. */
import { type SeiNode, seiNodes } from "#api";
import {
  configMaps,
  type DeepReadonly,
  findCondition,
  type KubeObject,
  pods,
  type ResourceType,
  services,
  statefulSets,
} from "#kube";
import { IMAGE_V1, IMAGE_V2, NAMESPACE, type World } from "../../harness/world.ts";
import { identitiesOf } from "../identities.ts";

export interface Change {
  /** The resources whose watches tell of it. */
  readonly shows: readonly string[];
  thereAndBack(world: World, node: string): Promise<unknown>;
  /** Lines that are the same before and after. */
  kept(world: World, node: string): Promise<readonly string[]>;
}

const keyOf = (name: string) => ({ namespace: NAMESPACE, name });

/** Every object and POST as it was; a generation counts the changes themselves. */
async function everything(world: World, node: string): Promise<readonly string[]> {
  return (await identitiesOf(world, node)).map((line) => line.replace(/ generation \d+/, ""));
}

/** A new pod has a sidecar that has to be marked ready, by a task of its own. */
async function butThePod(world: World, node: string): Promise<readonly string[]> {
  const replaced = new RegExp(`^(Pod ${node}-0|POST mark-ready) `);
  return (await everything(world, node)).filter((line) => !replaced.test(line));
}

/** Another SeiNode of the same name has the same objects, all of them its own. */
async function ownership(world: World, node: string): Promise<readonly string[]> {
  const uid = world.nodes.get(keyOf(node))?.metadata.uid;
  const owners: readonly (readonly [ResourceType<KubeObject>, string])[] = [
    [statefulSets, node],
    [services, node],
    [configMaps, `${node}-rbac-proxy-config`],
  ];
  return Promise.all(
    owners.map(async ([resource, name]) => {
      const { metadata } = await world.rest.get(resource, keyOf(name));
      const owned = metadata.ownerReferences?.some((owner) => owner.uid === uid);
      return `${resource.kind} ${name}: ${owned === true ? "of the SeiNode" : "of somebody else"}`;
    }),
  );
}

const patched = (first: object, second: object) => async (world: World, node: string) => {
  await world.patchNode(node, first);
  await world.patchNode(node, second);
};

function edited(
  resource: ResourceType<KubeObject>,
  nameOf: (node: string) => string,
  first: object,
  second: object,
) {
  return async (world: World, node: string) => {
    await world.rest.mergePatch(resource, keyOf(nameOf(node)), first);
    await world.rest.mergePatch(resource, keyOf(nameOf(node)), second);
  };
}

const same = (node: string) => node;
const metadata = (field: "labels" | "annotations", key: string, value: string | null) => ({
  metadata: { [field]: { [key]: value } },
});

export const CHANGES: Readonly<Record<string, Change>> = {
  "image changed and changed back": {
    shows: ["seinodes"],
    thereAndBack: patched({ spec: { image: IMAGE_V2 } }, { spec: { image: IMAGE_V1 } }),
    kept: everything,
  },
  "paused and unpaused": {
    shows: ["seinodes"],
    thereAndBack: patched({ spec: { paused: true } }, { spec: { paused: null } }),
    kept: everything,
  },
  "label set and removed": {
    shows: ["seinodes"],
    thereAndBack: patched(metadata("labels", "team", "x"), metadata("labels", "team", null)),
    kept: everything,
  },
  "retry asked for and taken back": {
    shows: ["seinodes"],
    thereAndBack: patched(
      metadata("annotations", "sei.io/retry", "1"),
      metadata("annotations", "sei.io/retry", null),
    ),
    kept: everything,
  },
  "StatefulSet edited and edited back": {
    shows: ["statefulsets"],
    thereAndBack: edited(
      statefulSets,
      same,
      { spec: { template: metadata("annotations", "theirs", "x") } },
      { spec: { template: metadata("annotations", "theirs", null) } },
    ),
    kept: everything,
  },
  "Service edited and edited back": {
    shows: ["services"],
    thereAndBack: edited(
      services,
      same,
      { spec: { publishNotReadyAddresses: false } },
      { spec: { publishNotReadyAddresses: true } },
    ),
    kept: everything,
  },
  "ConfigMap lost and found its label": {
    shows: ["configmaps"],
    async thereAndBack(world, node) {
      const label = world.pod(node)?.metadata.labels?.["sei.io/node"] ?? node;
      const edit = edited(
        configMaps,
        (name) => `${name}-rbac-proxy-config`,
        metadata("labels", "sei.io/node", null),
        metadata("labels", "sei.io/node", label),
      );
      await edit(world, node);
    },
    kept: everything,
  },
  "pod deleted and back": {
    shows: ["pods", "statefulsets"],
    async thereAndBack(world, node) {
      const uid = world.pod(node)?.metadata.uid;
      await world.rest.delete(pods, keyOf(`${node}-0`));
      await world.until(
        world.pods,
        keyOf(`${node}-0`),
        "another one runs",
        (pod) => pod.metadata.uid !== uid && pod.status?.phase !== undefined,
      );
    },
    kept: butThePod,
  },
  "SeiNode deleted and created again": {
    shows: ["seinodes", "statefulsets", "pods"],
    async thereAndBack(world, node) {
      const old = world.nodes.get(keyOf(node)) as DeepReadonly<SeiNode>;
      // As somebody does who is tired of waiting.
      await world.patchNode(node, { metadata: { finalizers: null } });
      await world.rest.delete(seiNodes, keyOf(node));
      const gone = [
        "wait",
        "--for=delete",
        `sts/${node}`,
        `pod/${node}-0`,
        `pvc/data-${node}`,
        "--timeout=60s",
      ];
      const { code, stderr } = await world.controlPlane.kubectl(["-n", NAMESPACE, ...gone]);
      if (code !== 0) throw new Error(stderr);
      await world.createNode(node, old.spec as object);
    },
    kept: ownership,
  },
};

/** Resolves when node and pod are Ready, and both are of now. */
export async function untilBack(world: World, node: string): Promise<void> {
  await world.untilNode(node, "Ready as it is now", (seen) => {
    const pod = world.pod(node);
    const ready = findCondition(pod?.status?.conditions, "Ready")?.status === "True";
    const statefulSet = world.statefulSets.get(keyOf(node))?.metadata.uid;
    const told = findCondition(seen.status?.conditions, "Ready")?.status === "True";
    return ready && told && seen.status?.statefulSet?.uid === statefulSet;
  });
}
