/** Who shares the machine: CPU seconds of the manager, of what we started, of ourselves, and of everybody else. */
import { readdir, readFile } from "node:fs/promises";
import { type ProcessUsage, parseCpuSeconds, readMachineCpuSeconds, readUsage } from "./process-usage.ts";

export interface CpuSnapshot {
  /** By name of the process: `etcd`, `kube-apiserver`, ... */
  readonly servers: ReadonlyMap<string, number>;
  /** Simulator and observer: this process. */
  readonly bench: number;
  readonly manager: ProcessUsage | undefined;
  readonly machine: number | undefined;
}

export async function takeCpuSnapshot(manager: number): Promise<CpuSnapshot> {
  const [servers, usage, machine] = await Promise.all([
    childrenOf(process.pid, manager),
    readUsage(manager),
    readMachineCpuSeconds(),
  ]);
  const { user, system } = process.cpuUsage();
  return { servers, bench: (user + system) / 1e6, manager: usage, machine };
}

/** CPU seconds of the manager between the two. */
export function usedCpu(before: CpuSnapshot, after: CpuSnapshot): number | undefined {
  if (before.manager === undefined || after.manager === undefined) return undefined;
  return after.manager.cpuSeconds - before.manager.cpuSeconds;
}

/** `manager 2.1, kube-apiserver 9.3, ..., others on the machine 12.0`, in CPU seconds between the two. */
export function describeCpu(before: CpuSnapshot, after: CpuSnapshot): string | undefined {
  if (before.machine === undefined || after.machine === undefined) return undefined;
  const managers = (after.manager?.cpuSeconds ?? 0) - (before.manager?.cpuSeconds ?? 0);
  const parts: [string, number][] = [["manager", managers]];
  for (const [name, seconds] of after.servers) parts.push([name, seconds - (before.servers.get(name) ?? 0)]);
  parts.push(["simulator and observer", after.bench - before.bench]);
  const known = parts.reduce((sum, [, seconds]) => sum + seconds, 0);
  // The snapshots are not taken in one instant: what is left may be a little below nothing.
  parts.push(["others on the machine", Math.max(0, after.machine - before.machine - known)]);
  return `CPU seconds: ${parts.map(([name, seconds]) => `${name} ${seconds.toFixed(1)}`).join(", ")}`;
}

async function childrenOf(parent: number, except: number): Promise<ReadonlyMap<string, number>> {
  const seconds = new Map<string, number>();
  const entries = await readdir("/proc").catch(() => []);
  for (const entry of entries) {
    if (!/^\d+$/.test(entry) || Number(entry) === except) continue;
    // Gone in the meantime: it has nothing to tell.
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => undefined);
    const child = stat === undefined ? undefined : parseChild(stat, parent);
    if (stat !== undefined && child !== undefined)
      seconds.set(child, (seconds.get(child) ?? 0) + parseCpuSeconds(stat));
  }
  return seconds;
}

/** The command name if the process is a child of `parent` and not one of the shells that guard the servers. */
export function parseChild(stat: string, parent: number): string | undefined {
  const end = stat.lastIndexOf(")");
  const name = stat.slice(stat.indexOf("(") + 1, end);
  const ppid = Number(stat.slice(end + 2).split(" ")[1]);
  return ppid === parent && name !== "sh" ? name : undefined;
}
