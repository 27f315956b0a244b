/** A cluster with a past: what was done to SeiNodes, one after the other to each, all of them side by side. */
import { Labels } from "#api";
import { persistentVolumeClaims, pods, statefulSets } from "#kube";
import { IMAGE_V2, IMAGE_V3, NAMESPACE, type World } from "../../harness/world.ts";

/** Was there before everything else and is never touched. */
export const LIGHTHOUSE = "lighthouse";

type Past = (world: World, name: string) => Promise<unknown>;

const keyOf = (name: string) => ({ namespace: NAMESPACE, name });

async function bringUp(world: World, name: string): Promise<void> {
  await world.createNode(name);
  await world.untilReady(name);
}

const setImage = (world: World, name: string, image: string) => world.patchNode(name, { spec: { image } });

async function remove(world: World, name: string): Promise<void> {
  await world.controlPlane.kubectl(["-n", NAMESPACE, "delete", "snode", name]);
  const wait = ["wait", "--for=delete", "--timeout=60s", `sts/${name}`, `pod/${name}-0`, `pvc/data-${name}`];
  const { code, stderr } = await world.controlPlane.kubectl(["-n", NAMESPACE, ...wait]);
  if (code !== 0) throw new Error(stderr);
}

/** Somebody's volume under the name that the node's had. */
function createClaim(world: World, name: string, labels: Readonly<Record<string, string>>): Promise<unknown> {
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: `data-${name}`, namespace: NAMESPACE, labels },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } },
  };
  return world.rest.create(persistentVolumeClaims, claim);
}

export const PASTS: Readonly<Record<string, Past>> = {
  "brought-up": bringUp,
  async updated(world, name) {
    await bringUp(world, name);
    await setImage(world, name, IMAGE_V2);
    await world.untilReady(name, IMAGE_V2);
  },
  async "updated-twice"(world, name) {
    await bringUp(world, name);
    await setImage(world, name, IMAGE_V2);
    await world.untilNode(name, "on its way to v2", ({ status }) => status?.plan?.phase === "Active");
    await setImage(world, name, IMAGE_V3);
    await world.untilReady(name, IMAGE_V3);
  },
  async "there-and-back"(world, name) {
    await bringUp(world, name);
    await setImage(world, name, IMAGE_V2);
    await world.untilReady(name, IMAGE_V2);
    await setImage(world, name, "sei:v1");
    await world.untilReady(name);
  },
  async "was-paused"(world, name) {
    await bringUp(world, name);
    await world.patchNode(name, { spec: { paused: true } });
    await world.untilGone(world.pods, keyOf(`${name}-0`));
    await world.untilNode(name, "paused", ({ status }) =>
      (status?.conditions ?? []).some(({ type, reason }) => type === "Ready" && reason === "Paused"),
    );
    await world.patchNode(name, { spec: { paused: false } });
    await world.untilReady(name);
  },
  async "another-pod"(world, name) {
    await bringUp(world, name);
    const uid = world.pod(name)?.metadata.uid;
    await world.rest.delete(pods, keyOf(`${name}-0`));
    await world.until(world.pods, keyOf(`${name}-0`), "another pod", ({ metadata }) => metadata.uid !== uid);
    await untilReadyAgain(world, name);
  },
  async "another-statefulset"(world, name) {
    await bringUp(world, name);
    const uid = world.pod(name)?.metadata.uid;
    await world.rest.delete(statefulSets, keyOf(name));
    await world.until(world.pods, keyOf(`${name}-0`), "another pod", ({ metadata }) => metadata.uid !== uid);
    await untilReadyAgain(world, name);
  },
  async deleted(world, name) {
    await bringUp(world, name);
    await remove(world, name);
  },
  async "created-again"(world, name) {
    await bringUp(world, name);
    await remove(world, name);
    await bringUp(world, name);
  },
  async "deleted-then-a-claim-of-somebody-else"(world, name) {
    await bringUp(world, name);
    await remove(world, name);
    await createClaim(world, name, {});
  },
  // What somebody does who wants to give the next node its data. It carries our label so that it goes with that node.
  async "deleted-then-a-claim-for-the-next"(world, name) {
    await bringUp(world, name);
    await remove(world, name);
    await createClaim(world, name, { [Labels.node]: name });
  },
};

/** Its pod's sidecar has to be marked ready again, which the status shows before the pod does. */
async function untilReadyAgain(world: World, name: string): Promise<void> {
  await world.until(world.pods, keyOf(`${name}-0`), "ready", ({ status }) =>
    (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True"),
  );
  await world.untilReady(name);
}

/** Names of SeiNodes are DNS labels of at most 63 characters, and their children's are longer. */
export function nameOf(past: string): string {
  return past.replace("deleted-then-a-claim-", "claim-");
}
