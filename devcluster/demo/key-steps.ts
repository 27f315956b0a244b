/** What the story does with the keys of its validators: puts them into Secrets, tells of their check, proves it. */
import { findCondition, type Secret, secrets } from "#kube";
import { type Cluster, NAMESPACE } from "./cluster.ts";
import type { KeyEvidence } from "./evidence.ts";
import type { KeyCheck } from "./keys.ts";
import { kubectlApply } from "./kubectl-apply.ts";
import { MANIFESTS } from "./manifests.ts";

/** By the name of the node. */
export type Keys = ReadonlyMap<string, readonly KeyCheck[]>;
export type Tell = (note: string) => void;

/** In the namespace, which is made first. */
export async function createSecrets(cluster: Cluster, checks: readonly KeyCheck[]): Promise<void> {
  await kubectlApply(cluster, MANIFESTS.namespace);
  for (const { name, files } of checks.flatMap((check) => check.secrets)) {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: NAMESPACE, name },
      stringData: files,
    };
    await cluster.rest.create<Secret>(secrets, secret, cluster.signal);
  }
}

/** Tells of each key once, when the controller found it good. */
export function tellOfKeys(cluster: Cluster, keys: Keys, tell: Tell): () => void {
  const told = new Set<string>();
  return cluster.nodes.onEvent(({ object: { metadata, status } }) => {
    for (const { what, condition } of keys.get(metadata.name) ?? []) {
      const found = findCondition(status?.conditions, condition);
      const note = `${metadata.name}: ${what} validated: ${found?.message ?? ""}`;
      if (found?.status !== "True" || told.has(note)) continue;
      told.add(note);
      tell(note);
    }
  });
}

/** `reads`: when the manager first read which Secret. */
export function keyEvidence(cluster: Cluster, keys: Keys, reads: ReadonlyMap<string, number>): KeyEvidence[] {
  return [...keys].map(([node, checks]) => ({
    node,
    firstTaskAt: cluster.simulator.node(NAMESPACE, node).posts()[0]?.at,
    checks: checks.map(({ what, condition, secrets }) => {
      const { conditions } = cluster.nodes.get({ namespace: NAMESPACE, name: node })?.status ?? {};
      const times = secrets.map(({ name }) => reads.get(name) ?? Number.POSITIVE_INFINITY);
      const readAt = Math.max(...times);
      return {
        what,
        validated: findCondition(conditions, condition)?.status === "True",
        readAt: Number.isFinite(readAt) ? readAt : undefined,
      };
    }),
  }));
}
