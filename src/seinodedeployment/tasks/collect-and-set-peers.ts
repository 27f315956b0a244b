/** Makes the nodes of a new chain each other's peers (spec/seinodedeployment.md 9.3, task 1). */

import { nodePort } from "#api";
import { sameJson } from "#kube";
import type { TaskOutcome, TaskRun } from "#plan";
import { type Child, isTerminating, nameList, ordinalInName, ordinalOf } from "../children.ts";
import type { GroupRuntime } from "../deps.ts";
import type { Pass } from "../pass.ts";
import { targetNames } from "../rollout.ts";
import { forEachChild, writeChild } from "../write-child.ts";
import { sidecarOf } from "./node-sidecar.ts";

/** Each gets the same list, itself included. Rejects, to be tried again, when a sidecar does not answer. */
export async function collectAndSetPeers(
  runtime: GroupRuntime,
  pass: Pass,
  run: TaskRun,
): Promise<TaskOutcome> {
  const { group } = pass;
  const named = targetNames(run.plan).filter((name) => ordinalInName(group, name) < group.spec.replicas);
  const children = named.map((name) => pass.children.named(name));
  const nodes = children.filter((child): child is Child => child !== undefined && !isTerminating(child));
  const addresses = new Map(
    await Promise.all(
      nodes.map(
        async (child) => [child.metadata.name, await addressOf(runtime, child, pass.signal)] as const,
      ),
    ),
  );
  const silent = named.filter((name) => addresses.get(name) === undefined);
  if (silent.length > 0) return { state: "running", waitingFor: `the sidecar of ${nameList(silent)} to run` };
  const peers = [
    { static: { addresses: [...addresses.values()].filter((address) => address !== undefined) } },
  ];
  await forEachChild(pass, nodes, async (child) => {
    if (sameJson(child.spec.peers, peers)) return;
    const ordinal = ordinalOf(child) ?? ordinalInName(group, child.metadata.name);
    await writeChild(runtime, pass, ordinal, child, { images: child.spec, peers });
  });
  return { state: "complete" };
}

async function addressOf(
  runtime: GroupRuntime,
  child: Child,
  signal: AbortSignal,
): Promise<string | undefined> {
  const sidecar = await sidecarOf(runtime, child, signal);
  if (sidecar === undefined) return undefined;
  const { name, namespace = "" } = child.metadata;
  return `${await sidecar.nodeId(signal)}@${name}-0.${name}.${namespace}.svc.cluster.local:${nodePort.p2p}`;
}
