/** Tasks of identity and the genesis ceremony. They meet in the shared bucket. */
import { nodeIdOf } from "../volume.ts";
import { chainIdOf, listOf, once, requiredText, type TaskContext, type TaskHandler } from "./context.ts";

interface Artifact {
  nodeId: string;
}

export const configureGenesis: TaskHandler = once(".sei-sidecar-genesis-done", (context) => {
  const chainId = chainIdOf(context);
  if (!context.bucket.hasGenesis(chainId))
    throw missingObject("configure-genesis", `${chainId}/genesis.json`);
  context.volume.files.genesisChainId = chainId;
  context.volume.files.genesisIsPlaceholder = false;
});

export const generateIdentity: TaskHandler = once(".sei-sidecar-identity-done", (context) => {
  const chainId = requiredText(context, "chainId");
  requiredText(context, "moniker");
  const { files } = context.volume;
  context.volume.ensureNodeKey();
  files.patch("config.toml", { moniker: requiredText(context, "moniker") });
  if (files.genesisChainId !== undefined) return;
  files.genesisChainId = chainId;
  files.genesisIsPlaceholder = true;
});

export const generateGentx: TaskHandler = once(".sei-sidecar-gentx-done", (context) => {
  for (const field of ["chainId", "stakingAmount", "accountBalance"]) requiredText(context, field);
  ownNodeId(context, "generate-gentx");
});

export const uploadGenesisArtifacts: TaskHandler = once(".sei-sidecar-artifact-upload-done", (context) => {
  const name = requiredText(context, "nodeName");
  const chainId = chainIdOf(context);
  if (!context.volume.files.markers.has(".sei-sidecar-gentx-done")) {
    throw new Error("upload-genesis-artifacts: no gentx found under config/gentx");
  }
  const nodeId = ownNodeId(context, "upload-genesis-artifacts");
  context.bucket.put(`${chainId}/${name}/gentx.json`, { nodeId });
  context.bucket.put(`${chainId}/${name}/identity.json`, { nodeId });
});

export const assembleAndUploadGenesis: TaskHandler = once(".sei-sidecar-assemble-done", (context) => {
  requiredText(context, "accountBalance");
  const namespace = requiredText(context, "namespace");
  const chainId = chainIdOf(context);
  const names = listOf(context.params.nodes).map(nodeNameOf);
  if (names.length === 0) throw new Error("missing required field 'nodes'");
  const addresses = listOf(context.params.accounts).map(
    (account) => (account as { address?: unknown }).address,
  );
  if (new Set(addresses).size !== addresses.length)
    throw new Error("assemble-and-upload-genesis: duplicate account");
  const peers = names.map((name) => {
    const artifact = context.bucket.get(`${chainId}/${name}/gentx.json`) as Artifact | undefined;
    if (artifact === undefined)
      throw missingObject("assemble-and-upload-genesis", `${chainId}/${name}/gentx.json`);
    return `${artifact.nodeId}@${name}-0.${name}.${namespace}.svc.cluster.local:26656`;
  });
  context.bucket.publish(chainId);
  context.bucket.put(`${chainId}/peers.json`, peers);
  return { genesisHash: Buffer.from(chainId).toString("hex") };
});

export const setGenesisPeers: TaskHandler = (context) => {
  const key = `${chainIdOf(context)}/peers.json`;
  const peers = context.bucket.get(key);
  if (!Array.isArray(peers)) throw missingObject("set-genesis-peers", key);
  const own = ownNodeId(context, "set-genesis-peers");
  const others = peers.filter((peer) => !String(peer).startsWith(`${own}@`));
  context.volume.files.patch("config.toml", { p2p: { "persistent-peers": others.join(",") } });
};

function missingObject(task: string, key: string): Error {
  return new Error(
    `${task}: S3: NoSuchKey: The specified key does not exist: ${key} [hint: was it uploaded yet?]`,
  );
}

function ownNodeId(context: TaskContext, task: string): string {
  const nodeId = context.volume.nodeKey === undefined ? undefined : nodeIdOf(context.volume.nodeKey);
  if (nodeId === undefined) throw new Error(`${task}: node key missing; has identity generation run?`);
  return nodeId;
}

function nodeNameOf(node: unknown): string {
  const name = typeof node === "string" ? node : (node as { name?: unknown } | null)?.name;
  if (typeof name !== "string" || name === "") throw new Error("nodes: entry without a name");
  return name;
}
