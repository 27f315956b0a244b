/** What is done to a SeiNode while its manager is disturbed. */
import { type SeiNode, type SeiNodeSpec, seiNodes } from "#api";
import { type DeepReadonly, findCondition, type Secret, secrets } from "#kube";
import { IMAGE_V1, IMAGE_V2, type World } from "../../harness/world.ts";
import { NODE } from "./names.ts";

export interface Scene {
  readonly world: World;
  readonly namespace: string;
}

export interface Workload {
  readonly name: string;
  /** Default `node` alone. */
  readonly nodes?: readonly string[];
  /** What comes before it, undisturbed. */
  prepare(scene: Scene): Promise<unknown>;
  /** The one thing a person does. */
  act(scene: Scene): Promise<unknown>;
  /** Resolves when the operator has done its part. */
  settled(scene: Scene): Promise<unknown>;
}

const keyOf = ({ namespace }: Scene) => ({ namespace, name: NODE });

function createNode({ world, namespace }: Scene, spec: Partial<SeiNodeSpec>): Promise<unknown> {
  const node = {
    apiVersion: "sei.io/v1alpha1",
    kind: seiNodes.kind,
    metadata: { name: NODE, namespace },
    spec: { chainId: "pacific-1", image: IMAGE_V1, ...spec },
  };
  return world.rest.create(seiNodes, node);
}

export function untilNode(scene: Scene, what: string, passes: (node: DeepReadonly<SeiNode>) => boolean) {
  return scene.world.until(scene.world.nodes, keyOf(scene), `${scene.namespace}: ${what}`, passes);
}

export const ready = (node: DeepReadonly<SeiNode>) =>
  findCondition(node.status?.conditions, "Ready")?.status === "True";

export const untilReadyOn = (scene: Scene, image: string) =>
  untilNode(scene, `Ready on ${image}`, (node) => ready(node) && node.status?.currentImage === image);

export async function bringUp(scene: Scene, spec: Partial<SeiNodeSpec> = { fullNode: {} }): Promise<void> {
  await createNode(scene, spec);
  await untilReadyOn(scene, IMAGE_V1);
}

const nothing = () => Promise.resolve();

export const fullNode: Workload = {
  name: "bring-up",
  prepare: nothing,
  act: (scene) => createNode(scene, { fullNode: {} }),
  settled: (scene) => untilReadyOn(scene, IMAGE_V1),
};

/** Its keys are there before it. */
export const validator: Workload = {
  name: "validator",
  async prepare(scene) {
    await createSecret(scene, "signing", { "priv_validator_key.json": JSON.stringify(SIGNING_KEY) });
    await createSecret(scene, "node-key", { "node_key.json": JSON.stringify(NODE_KEY) });
    await createSecret(scene, "keyring", { "node_admin.info": "x", "00.address": "x" });
    await createSecret(scene, "passphrase", { word: "x" });
  },
  act: (scene) => createNode(scene, { validator: VALIDATOR }),
  settled: (scene) => untilReadyOn(scene, IMAGE_V1),
};

export const bootstrap: Workload = {
  name: "bootstrap",
  prepare: nothing,
  act: (scene) =>
    createNode(scene, {
      peers: [{ static: { addresses: [`${"0123456789".repeat(4)}@peer.example.org:26656`] } }],
      fullNode: { snapshot: { s3: { targetHeight: 5000 }, bootstrapImage: "sei:v0" } },
    }),
  async settled(scene) {
    await untilReadyOn(scene, IMAGE_V1);
    await untilGone(scene, [`job/${NODE}-bootstrap`]);
  },
};

/** Of a node that stands at an upgrade height: its pod is not Ready and never will be. */
export const imageUpdate: Workload = {
  name: "image-update",
  async prepare(scene) {
    await bringUp(scene);
    scene.world.simulator.halt(`${scene.namespace}/${NODE}`);
    await untilNode(scene, "halted", (node) => !ready(node));
  },
  act: (scene) => scene.world.rest.mergePatch(seiNodes, keyOf(scene), { spec: { image: IMAGE_V2 } }),
  settled: (scene) => untilReadyOn(scene, IMAGE_V2),
};

export const deletion: Workload = {
  name: "deletion",
  prepare: (scene) => bringUp(scene),
  act: (scene) => scene.world.rest.delete(seiNodes, keyOf(scene)),
  async settled(scene) {
    const owned = [
      "snode/node",
      "sts/node",
      "svc/node",
      "cm/node-rbac-proxy-config",
      "pod/node-0",
      "pvc/data-node",
    ];
    await untilGone(scene, owned);
  },
};

async function untilGone({ world, namespace }: Scene, what: readonly string[]): Promise<void> {
  const args = ["-n", namespace, "wait", "--for=delete", ...what, "--timeout=60s"];
  const { code, stderr } = await world.controlPlane.kubectl(args);
  if (code !== 0) throw new Error(`${namespace}: ${stderr}`);
}

const SIGNING_KEY = {
  address: "01",
  pub_key: { type: "tendermint/PubKeyEd25519", value: "02" },
  priv_key: { type: "tendermint/PrivKeyEd25519", value: "03" },
};
const NODE_KEY = { priv_key: { type: "tendermint/PrivKeyEd25519", value: "04" } };

const VALIDATOR: NonNullable<SeiNodeSpec["validator"]> = {
  signingKey: { secret: { secretName: "signing" } },
  nodeKey: { secret: { secretName: "node-key" } },
  operatorKeyring: {
    secret: { secretName: "keyring", passphraseSecretRef: { secretName: "passphrase", key: "word" } },
  },
};

function createSecret(
  { world, namespace }: Scene,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<unknown> {
  const data = Object.fromEntries(
    Object.entries(files).map(([file, text]) => [file, Buffer.from(text).toString("base64")]),
  );
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, data };
  return world.rest.create<Secret>(secrets, secret);
}
