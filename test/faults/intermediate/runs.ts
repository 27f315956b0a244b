/** Runs of a workload, undisturbed or each at its point, and what they leave behind. */
import { type AuditRecord, isWrite } from "../../harness/audit.ts";
import { collectEvidence, type Evidence } from "./evidence.ts";
import { NODE } from "./names.ts";
import type { Stage, TappedScene } from "./stage.ts";
import type { Point } from "./tap.ts";
import type { Workload } from "./workloads.ts";

export interface Oracle {
  /** The names of all its writes, in order. */
  readonly writes: readonly string[];
  readonly evidence: Evidence;
}

export interface Run {
  readonly point: Point;
  /** Whether the point came. */
  readonly hit: boolean;
  /** Why it did not come to its end. */
  readonly error: unknown;
  readonly evidence: Evidence;
}

export async function runUndisturbed(stage: Stage, workload: Workload): Promise<Oracle> {
  const scene = await stage.scene();
  await workload.prepare(scene);
  const posted = countPosts(stage, scene, workload);
  await scene.tap.begin();
  await workload.act(scene);
  await workload.settled(scene);
  await scene.tap.idle();
  const writes = namesOfAll(scene, await auditOf(stage, scene), countPosts(stage, scene, workload) - posted);
  // A fresh manager applies once what it has never seen; that is no part of the workload.
  await stage.rest();
  const audit = await auditOf(stage, scene);
  const evidence = await collectEvidence(stage.world, scene.namespace, nodesOf(workload), audit);
  await stage.clear([scene]);
  return { writes, evidence };
}

/** Those that kill the manager one after the other, because it dies for all; the others together. */
export async function runAtPoints(
  stage: Stage,
  workload: Workload,
  points: readonly Point[],
): Promise<readonly Run[]> {
  const started = await Promise.all(
    points.map(async (point) => {
      const scene = await stage.scene();
      await workload.prepare(scene);
      return { point, scene };
    }),
  );
  const errors = new Map<Point, unknown>();
  const run = async ({ point, scene }: (typeof started)[number]) => {
    // Not before its turn: a fresh manager applies once what it has never seen, in the scenes that wait, too.
    await scene.tap.begin(point);
    try {
      await perform(stage, workload, scene);
    } catch (error) {
      errors.set(point, new Error(`${String(error)}\n${await lastWords(stage)}`));
    }
  };
  const kills = ({ point }: (typeof started)[number]) => point.way === "killed after";
  await stage.revive();
  await stage.quiet();
  await Promise.all(started.filter((one) => !kills(one)).map(run));
  for (const one of started.filter(kills)) {
    await stage.revive();
    await stage.quiet();
    await run(one);
  }

  await stage.rest();
  const audit = await stage.audit();
  const runs = await Promise.all(
    started.map(async ({ point, scene }) => {
      const records = audit.get(scene.namespace) ?? [];
      const evidence = await collectEvidence(stage.world, scene.namespace, nodesOf(workload), records);
      return { point, hit: scene.tap.hit, error: errors.get(point), evidence };
    }),
  );
  await stage.clear(started.map(({ scene }) => scene));
  return runs;
}

const nodesOf = ({ nodes = [NODE] }: Workload) => nodes;

function countPosts({ world }: Stage, { namespace }: TappedScene, workload: Workload): number {
  const counts = nodesOf(workload).map((name) => world.simulator.node(namespace, name).posts().length);
  return counts.reduce((sum, count) => sum + count, 0);
}

async function auditOf(stage: Stage, { namespace }: TappedScene): Promise<readonly AuditRecord[]> {
  return (await stage.audit()).get(namespace) ?? [];
}

async function perform(stage: Stage, workload: Workload, scene: TappedScene): Promise<void> {
  await workload.act(scene);
  const settled = workload.settled(scene);
  // Heard below; a manager that dies first is the better story.
  settled.catch(() => {});
  await Promise.race([scene.tap.killed, settled, death(stage, () => scene.tap.hasKilled)]);
  // It can be settled before the answer of the write that settled it has passed the tap, and with it the kill.
  await scene.tap.idle();
  if (scene.tap.hasKilled) await stage.succeed();
  await Promise.race([settled, death(stage, () => false)]);
}

/** Rejects when the manager ends although nobody killed it: nothing would come after that, and waiting for it says less. */
async function death({ world: { manager } }: Stage, isMeant: () => boolean): Promise<never> {
  const how = await manager.exited;
  if (isMeant()) return new Promise(() => {});
  throw new Error(`the manager ended by itself: ${how}`);
}

/** Of the manager that should have done it; one that is dead has left it to nobody. */
async function lastWords({ world: { manager } }: Stage): Promise<string> {
  const state = await Promise.race([manager.exited, Promise.resolve("alive")]);
  const lines = (await manager.log()).trimEnd().split("\n").slice(-10);
  return [`manager: ${state}`, ...lines].join("\n");
}

/** What the API server and the sidecar say was written, in the words of the tap, which must not have missed any of it. */
function namesOfAll({ tap }: TappedScene, audit: readonly AuditRecord[], posted: number): readonly string[] {
  const earlier = new Set(tap.prepared.map(({ auditId }) => auditId));
  const tapped = new Map(tap.writes.map((write) => [write.auditId, write.name]));
  const written = audit.filter(
    (record) => /:sei-k8s-controller-manager$/.test(record.user) && isWrite(record) && record.code < 300,
  );
  for (const { id, verb, resource, name } of written) {
    if (!earlier.has(id) && !tapped.has(id)) throw new Error(`not tapped: ${verb} ${resource} ${name}`);
  }
  const tappedPosts = tap.writes.filter(({ auditId }) => auditId === undefined);
  if (posted !== tappedPosts.length) {
    throw new Error(`${posted} POSTs reached the sidecar, ${tappedPosts.length} were tapped`);
  }
  return tap.writes.map(({ name }) => name);
}
