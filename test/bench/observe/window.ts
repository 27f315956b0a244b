/** What the operator did between two moments: requests, CPU, metrics. Costs nothing while it is open. */
import { systemClock } from "#clock";
import type { RequestRecord } from "#devcluster";
import type { AuditRecord } from "../../harness/audit.ts";
import { type Metrics, scrape } from "../../harness/metrics.ts";
import type { World } from "../../harness/world.ts";
import { type Counts, countByUser, isWork } from "../figures/requests.ts";
import { isManagers, markAudit, readAudit } from "./audit-tail.ts";
import { type CpuSnapshot, takeCpuSnapshot } from "./processes.ts";

export interface Observed {
  /** The manager's, in the order they were answered. */
  readonly api: readonly AuditRecord[];
  /** Everybody's: what else the API server had to do. */
  readonly byUser: Counts;
  /** When the API server got the request to create each SeiNode, by name; milliseconds since the epoch. */
  readonly createdAt: ReadonlyMap<string, number>;
  readonly sidecar: readonly RequestRecord[];
  readonly cpu: { readonly before: CpuSnapshot; readonly after: CpuSnapshot };
  readonly metrics: { readonly before: Metrics; readonly after: Metrics };
  readonly seconds: number;
}

export class Window {
  readonly #world: World;
  readonly #file: string;
  readonly #auditMark: number;
  readonly #requestMark: number;
  readonly #cpu: CpuSnapshot;
  readonly #metrics: Metrics;
  readonly #openedAt = systemClock.monotonic();

  private constructor(world: World, file: string, auditMark: number, cpu: CpuSnapshot, metrics: Metrics) {
    this.#world = world;
    this.#file = file;
    this.#auditMark = auditMark;
    this.#requestMark = world.simulator.requests.total;
    this.#cpu = cpu;
    this.#metrics = metrics;
  }

  static async open(world: World): Promise<Window> {
    const file = auditFile(world);
    const metrics = await scrape(world.manager.metricsUrl);
    return new Window(world, file, await markAudit(file), await takeCpuSnapshot(world.manager.pid), metrics);
  }

  /** The CPU time comes first: reading the log is work too. */
  async close(): Promise<Observed> {
    const world = this.#world;
    const seconds = (systemClock.monotonic() - this.#openedAt) / 1000;
    const cpu = { before: this.#cpu, after: await takeCpuSnapshot(world.manager.pid) };
    const metrics = { before: this.#metrics, after: await scrape(world.manager.metricsUrl) };
    const { records } = await readAudit(this.#file, this.#auditMark);
    const asked = world.simulator.requests.total - this.#requestMark;
    const sidecar = asked === 0 ? [] : world.simulator.requests.matching().slice(-asked);
    return {
      api: records.filter(isManagers),
      byUser: countByUser(records),
      createdAt: creations(records),
      sidecar,
      cpu,
      metrics,
      seconds,
    };
  }
}

function creations(records: readonly AuditRecord[]): ReadonlyMap<string, number> {
  const created = records.filter(({ verb, resource }) => verb === "create" && resource === "seinodes");
  return new Map(created.map(({ name, at }) => [name, Date.parse(at)]));
}

const QUIET_MS = 1500;
const POLL_MS = 300;

/**
 * Resolves when the manager has asked the API server for nothing for a while: the events that follow a status are out
 * and nothing is going on. Rejects when that does not happen.
 */
export async function untilQuiet(world: World, timeoutMs = 60_000): Promise<void> {
  const file = auditFile(world);
  const deadline = systemClock.monotonic() + timeoutMs;
  let mark = await markAudit(file);
  let quietSince = systemClock.monotonic();
  while (systemClock.monotonic() - quietSince < QUIET_MS) {
    if (systemClock.monotonic() > deadline)
      throw new Error(`the manager is not quiet in ${timeoutMs / 1000} s`);
    await systemClock.sleep(POLL_MS);
    const read = await readAudit(file, mark);
    mark = read.mark;
    if (read.records.some((record) => isManagers(record) && isWork(record)))
      quietSince = systemClock.monotonic();
  }
}

function auditFile(world: World): string {
  const { auditLog } = world.controlPlane;
  if (auditLog === undefined) throw new Error("this world has no audit log");
  return auditLog;
}
