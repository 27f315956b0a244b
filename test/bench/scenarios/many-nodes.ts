/** N nodes created at once on a fresh control plane, then, if asked for, left alone for a while. */
import { World } from "../../harness/world.ts";
import { type Histogram, quantileBucket, readHistogram, since } from "../figures/histogram.ts";
import { percentile } from "../figures/percentile.ts";
import { countApiRequests, countApiWrites, countSidecarRequests, isWork } from "../figures/requests.ts";
import { readUsage } from "../observe/process-usage.ts";
import { describeCpu, usedCpu } from "../observe/processes.ts";
import { type Observed, untilQuiet, Window } from "../observe/window.ts";
import type { Figure, Section } from "../report/contract.ts";
import { createFleet, doubledPosts, fleetNames, fleetTimeoutMs, RunningWatch } from "./fleet.ts";
import { leftAlone } from "./idle.ts";
import { idleNumbers, manyNodesNumbers } from "./numbers.ts";

export interface ManyNodesOptions {
  readonly count: number;
  /** 0: not at all. */
  readonly idleSeconds: number;
  /** Environment of the manager, for profiling. */
  readonly env: Readonly<Record<string, string>>;
}

export async function manyNodes({ count, idleSeconds, env }: ManyNodesOptions): Promise<Section[]> {
  const world = await World.start({ watch: ["nodes"], env });
  try {
    await untilQuiet(world);
    const names = fleetNames(count);
    const emptyMiB = (await readUsage(world.manager.pid))?.rssMiB;
    const running = new RunningWatch(world, names);
    const window = await Window.open(world);
    await createFleet(world, names);
    await running.until(count, fleetTimeoutMs(count));
    await untilQuiet(world);
    const observed = await window.close();
    running.stop();
    const sections = [bringUpSection(count, observed, running.at, emptyMiB, doubledPosts(world, names))];
    if (idleSeconds > 0) {
      const title = `${count} Running nodes left alone for ${idleSeconds} s`;
      sections.push(await leftAlone(world, { title, count, seconds: idleSeconds, ...idleNumbers(count) }));
    }
    // A profile is written by a process that ends by itself.
    await world.manager.stop();
    return sections;
  } finally {
    await world.stop();
  }
}

function bringUpSection(
  count: number,
  observed: Observed,
  runningAt: ReadonlyMap<string, number>,
  emptyMiB: number | undefined,
  doubled: number,
): Section {
  const { api, byUser, sidecar, cpu, createdAt } = observed;
  const numbers = manyNodesNumbers(count);
  const seconds = [...runningAt].map(([name, at]) => (at - (createdAt.get(name) ?? Number.NaN)) / 1000);
  const first = Math.min(...createdAt.values());
  const last = Math.max(...runningAt.values());
  const manager = cpu.after.manager;
  const figures: Figure[] = [
    { name: "created -> all Running", value: (last - first) / 1000, unit: "s", ...numbers.allRunning },
    { name: "  of each node, p50", value: percentile(seconds, 50), unit: "s" },
    { name: "  of each node, p99", value: percentile(seconds, 99), unit: "s", ...numbers.nodeP99 },
    {
      name: "API requests per node",
      value: api.filter(isWork).length / count,
      unit: "",
      ...numbers.requests,
    },
    { name: "  of them writes", value: countApiWrites(api) / count, unit: "" },
    { name: "sidecar requests per node", value: sidecar.length / count, unit: "" },
    { name: "reconciles per node", value: reconciles(observed) / count, unit: "" },
    { name: "task ids POSTed twice", value: doubled, unit: "", target: { op: "<=", value: 0 } },
    { name: "manager CPU", value: usedCpu(cpu.before, cpu.after), unit: "s", ...numbers.cpu },
    { name: "manager RSS", value: manager?.rssMiB, unit: "MiB", ...numbers.memory },
    { name: "  peak", value: manager?.peakRssMiB, unit: "MiB" },
    {
      name: "  above the empty manager's, KiB per node",
      value: perNodeKiB(manager?.rssMiB, emptyMiB, count),
      unit: "",
    },
    quantile("queue latency p99", observed, "workqueue_queue_duration_seconds", "name", numbers.queue),
    quantile("reconcile p99", observed, "controller_runtime_reconcile_time_seconds", "controller", {}),
  ];
  const told = describeCpu(cpu.before, cpu.after);
  return {
    title: `${count} node${count === 1 ? "" : "s"} created at once`,
    figures,
    requests: [
      { title: "API requests", nodes: count, counts: countApiRequests(api) },
      { title: "sidecar requests", nodes: count, counts: countSidecarRequests(sidecar) },
      { title: "API requests of everybody (admin: simulator and observer)", nodes: count, counts: byUser },
    ],
    notes: told === undefined ? [] : [told],
  };
}

function reconciles({ metrics: { before, after } }: Observed): number {
  const done = (metrics: Observed["metrics"]["after"]) =>
    metrics.sum("controller_runtime_reconcile_total", { controller: "seinode" });
  return done(after) - done(before);
}

function perNodeKiB(now: number | undefined, empty: number | undefined, count: number): number | undefined {
  return now === undefined || empty === undefined ? undefined : ((now - empty) * 1024) / count;
}

function quantile(
  name: string,
  { metrics }: Observed,
  series: string,
  label: string,
  target: Pick<Figure, "target">,
): Figure {
  const read = (when: "before" | "after"): Histogram =>
    readHistogram(metrics[when], series, { [label]: "seinode" });
  const bucket = quantileBucket(since(read("before"), read("after")), 0.99);
  return {
    name,
    value: bucket?.upper,
    unit: "s",
    ...(bucket !== undefined && { above: bucket.lower }),
    ...target,
  };
}
