/** Key material for the tests: none of it is real, all of it is recognisable in a message it must not be in. */
import type { KubeObject } from "#kube";

export const signingKeyJson = {
  address: "LEAKaddressLEAK",
  pub_key: { type: "LEAKpubTypeLEAK", value: "LEAKpubValueLEAK" },
  priv_key: { type: "LEAKprivTypeLEAK", value: "LEAKprivValueLEAK" },
};

export const nodeKeyJson = { priv_key: { type: "LEAKprivTypeLEAK", value: "LEAKprivValueLEAK" } };

export const keyringFiles = { "node_admin.info": "LEAKinfoLEAK", "4c45414b.address": "LEAKindexLEAK" };

export function secret(name: string, data: Record<string, string> | undefined, metadata = {}): KubeObject {
  const encoded = Object.entries(data ?? {}).map(([key, text]) => [
    key,
    Buffer.from(text).toString("base64"),
  ]);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: "sei", name, uid: `${name}-uid`, resourceVersion: "1", ...metadata },
    ...(data !== undefined && { data: Object.fromEntries(encoded) }),
  } as KubeObject;
}
