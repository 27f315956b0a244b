/** A SeiNode's whole life in a namespace of its own: it comes up, moves to another image, is deleted. */
import { type SeiNode, seiNodes } from "#api";
import { systemClock } from "#clock";
import {
  type DeepReadonly,
  findCondition,
  type KubeObject,
  persistentVolumeClaims,
  type ResourceType,
  services,
} from "#kube";
import type { AuditRecord } from "../../harness/audit.ts";
import { IMAGE_V1, IMAGE_V2, type World } from "../../harness/world.ts";
import { collectEvidence, type Evidence } from "../intermediate/evidence.ts";
import { differences } from "../intermediate/judge.ts";
import { NODE } from "../intermediate/names.ts";
import { untilIdle } from "../quiet.ts";

const PHASES = ["bring-up", "image update", "deletion"] as const;
export type Phase = (typeof PHASES)[number];

const namespaces: ResourceType<KubeObject> = {
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
};
const POLL_MS = 50;
/** Many live side by side, on whatever machine there is. */
const TIMEOUT_MS = 300_000;

export interface Life {
  readonly namespace: string;
  /** When it is Ready on the second image, and when it is gone. */
  readonly updated: Evidence;
  readonly gone: Evidence;
}

/** Side by side, phase by phase: what the manager still has to do is done before what is there is compared. */
export async function live(
  world: World,
  namespaces: readonly string[],
  onPhase: (phase: Phase) => void = () => {},
): Promise<ReadonlyMap<string, Life | Error>> {
  await Promise.all(namespaces.map((namespace) => createNamespace(world, namespace)));
  const errors = new Map<string, Error>();
  const alive = () => namespaces.filter((namespace) => !errors.has(namespace));
  const updated = new Map<string, Life["updated"]>();
  const lives = new Map<string, Life | Error>();
  for (const phase of PHASES) {
    onPhase(phase);
    await Promise.all(
      alive().map(async (namespace) => {
        try {
          await enter(world, namespace, phase);
          await leave(world, namespace, phase);
        } catch (error) {
          errors.set(namespace, error as Error);
        }
      }),
    );
    await untilIdle(world.manager.metricsUrl);
    if (phase === "bring-up") continue;
    const audit = await world.auditOfAll();
    for (const namespace of alive()) {
      const evidence = await evidenceOf(world, namespace, audit);
      if (phase === "image update") updated.set(namespace, evidence);
      else lives.set(namespace, { namespace, updated: updated.get(namespace) ?? evidence, gone: evidence });
    }
  }
  for (const [namespace, error] of errors) lives.set(namespace, error);
  return lives;
}

async function createNamespace(world: World, name: string): Promise<void> {
  await world.rest.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
}

async function enter(world: World, namespace: string, phase: Phase): Promise<void> {
  const key = { namespace, name: NODE };
  switch (phase) {
    case "bring-up":
      await world.rest.create(seiNodes, {
        apiVersion: "sei.io/v1alpha1",
        kind: seiNodes.kind,
        metadata: { name: NODE, namespace },
        spec: { chainId: "pacific-1", image: IMAGE_V1, fullNode: {} },
      } as never);
      return;
    case "image update":
      await world.rest.mergePatch(seiNodes, key, { spec: { image: IMAGE_V2 } });
      return;
    case "deletion":
      await world.rest.delete(seiNodes, key);
  }
}

async function leave(world: World, namespace: string, phase: Phase): Promise<void> {
  const key = { namespace, name: NODE };
  if (phase === "deletion") {
    await world.untilGone(world.nodes, key, TIMEOUT_MS);
    await untilEmpty(world, namespace);
    return;
  }
  const image = phase === "bring-up" ? IMAGE_V1 : IMAGE_V2;
  const passes = (node: DeepReadonly<SeiNode>) =>
    findCondition(node.status?.conditions, "Ready")?.status === "True" && node.status?.currentImage === image;
  await world.until(world.nodes, key, `${namespace}: Ready on ${image}`, passes, TIMEOUT_MS);
}

/** `audit`: of all users, read once for many. */
function evidenceOf(world: World, namespace: string, audit: readonly AuditRecord[]): Promise<Evidence> {
  return collectEvidence(world, namespace, [NODE], audit);
}

/** What happened otherwise than in the undisturbed life. Events are not compared: refusals are told. */
export function otherwise(oracle: Life, life: Life): readonly string[] {
  const silent = (evidence: Evidence): Evidence => ({ ...evidence, events: new Set() });
  return [
    ...differences(silent(oracle.updated), silent(life.updated)).map((line) => `updated: ${line}`),
    ...differences(silent(oracle.gone), silent(life.gone)).map((line) => `gone: ${line}`),
  ];
}

/** What the garbage collector and the kubelet take away after the node. */
async function untilEmpty(world: World, namespace: string): Promise<void> {
  const deadline = systemClock.monotonic() + TIMEOUT_MS;
  for (;;) {
    const lists = await Promise.all(
      [services, persistentVolumeClaims].map((resource) => world.rest.list(resource, { namespace })),
    );
    const sets = [...world.statefulSets.list({ namespace }), ...world.pods.list({ namespace })];
    if (lists.flat().length === 0 && sets.length === 0) return;
    if (systemClock.monotonic() > deadline)
      throw new Error(`${namespace}: not gone: ${JSON.stringify(lists)}`);
    await systemClock.sleep(POLL_MS);
  }
}
