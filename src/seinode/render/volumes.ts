import type { IVolume } from "kubernetes-models/v1";
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { nodeKeyFile, nodeKeySecret, operatorKeyring, signingKeyFile, signingKeySecret } from "./keys.ts";
import { claimName, rbacProxyConfigName, volumeNames } from "./names.ts";

/** Owner may read. */
const ownerReadOnly = 0o400;

/** The pod's volumes in their fixed order; key volumes only where the node brings its own keys. */
export function podVolumes(node: DeepReadonly<SeiNode>): IVolume[] {
  const signingKey = signingKeySecret(node);
  const nodeKey = nodeKeySecret(node);
  const keyring = operatorKeyring(node);
  return [
    { name: volumeNames.data, persistentVolumeClaim: { claimName: claimName(node) } },
    { name: volumeNames.sidecarTmp, emptyDir: {} },
    { name: volumeNames.rbacProxyConfig, configMap: { name: rbacProxyConfigName(node.metadata.name) } },
    ...(signingKey === undefined ? [] : [fileVolume(volumeNames.signingKey, signingKey, signingKeyFile)]),
    ...(nodeKey === undefined ? [] : [fileVolume(volumeNames.nodeKey, nodeKey, nodeKeyFile)]),
    ...(keyring === undefined
      ? []
      : [
          {
            name: volumeNames.operatorKeyring,
            secret: { secretName: keyring.secretName, defaultMode: ownerReadOnly },
          },
        ]),
  ];
}

/** One file of a Secret and nothing else of it. */
function fileVolume(name: string, secretName: string, file: string): IVolume {
  return { name, secret: { secretName, defaultMode: ownerReadOnly, items: [{ key: file, path: file }] } };
}
