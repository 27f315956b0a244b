/** What the API server keeps of what we render, with and without a platform around it (D28). */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type PersistentVolumeClaim, type Pod, persistentVolumeClaims, pods } from "#kube";
import { endWorld } from "../harness/manners.ts";
import { NAMESPACE, World } from "../harness/world.ts";

let bare: World;
let platform: World;
before(async () => {
  [bare, platform] = await Promise.all([
    World.start(),
    World.start({
      env: {
        SEI_NODEPOOL_NAME: "sei-node",
        SEI_NODEPOOL_ARCHIVE: "sei-archive",
        SEI_TOLERATION_KEY: "sei.io/workload",
        SEI_STORAGE_CLASS_PERF: "gp3-perf",
        SEI_STORAGE_CLASS_ARCHIVE: "gp3-archive",
        SEI_STORAGE_SIZE_DEFAULT: "2000Gi",
        SEI_STORAGE_SIZE_ARCHIVE: "40Ti",
      },
    }),
  ]);
});
after(async () => {
  await Promise.all([endWorld(bare), endWorld(platform)]);
});

const spec = { full: {}, archive: { archive: {} } } as const;

/** The pod and claim as the API server has them. */
async function bringUp(world: World, name: "full" | "archive") {
  await world.createNode(name, spec[name]);
  await world.untilReady(name);
  const [pod, claim] = await Promise.all([
    world.rest.get<Pod>(pods, { namespace: NAMESPACE, name: `${name}-0` }),
    world.rest.get<PersistentVolumeClaim>(persistentVolumeClaims, {
      namespace: NAMESPACE,
      name: `data-${name}`,
    }),
  ]);
  return { pod, claim };
}

/** Without those that every pod gets from admission. */
const ownTolerations = (tolerations: readonly { readonly key?: string }[] = []) =>
  tolerations.filter(({ key }) => !key?.startsWith("node.kubernetes.io/"));

for (const name of ["full", "archive"] as const) {
  test(`D28: settings of "none" put neither affinity nor toleration on the ${name} pod, nor a class on its volume`, async () => {
    const { pod, claim } = await bringUp(bare, name);
    assert.equal(pod.spec?.affinity, undefined);
    assert.deepEqual(ownTolerations(pod.spec?.tolerations), []);
    assert.equal(claim.spec?.storageClassName, undefined);
  });
}

for (const [name, pool, storageClass, size] of [
  ["full", "sei-node", "gp3-perf", "2000Gi"],
  ["archive", "sei-archive", "gp3-archive", "40Ti"],
] as const) {
  test(`D28: settings of a platform put the ${name} pod on its pool, and its volume in its class`, async () => {
    const { pod, claim } = await bringUp(platform, name);
    assert.deepEqual(
      pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
      [{ matchExpressions: [{ key: "karpenter.sh/nodepool", operator: "In", values: [pool] }] }],
    );
    assert.deepEqual(ownTolerations(pod.spec?.tolerations), [
      { key: "sei.io/workload", value: pool, effect: "NoSchedule" },
    ]);
    assert.equal(claim.spec?.storageClassName, storageClass);
    assert.equal(claim.spec?.resources?.requests?.storage, size);
    assert.deepEqual(claim.spec?.accessModes, ["ReadWriteOnce"]);
  });
}
