/** CPU time and memory of processes and of the machine, from /proc. Linux only: elsewhere there is nothing to tell. */
import { readFile } from "node:fs/promises";

export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly rssMiB: number;
  readonly peakRssMiB: number;
}

/** USER_HZ: what the kernel counts in towards user space, 100 on every architecture we run on. */
const TICKS_PER_SECOND = 100;

/** Of a live process; undefined where there is no /proc, or when the process is gone. */
export async function readUsage(pid: number): Promise<ProcessUsage | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile(`/proc/${pid}/status`, "utf8"),
    ]);
    return { cpuSeconds: parseCpuSeconds(stat), ...parseMemory(status) };
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH"))
      return;
    throw error;
  }
}

/** Seconds all CPUs were busy since boot, for whomever. */
export async function readMachineCpuSeconds(): Promise<number | undefined> {
  try {
    return parseMachineCpuSeconds(await readFile("/proc/stat", "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
}

/** utime + stime. The command name is in parentheses and may hold anything, so fields count from the last one. */
export function parseCpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function parseMemory(status: string): { rssMiB: number; peakRssMiB: number } {
  const mebibytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? Number.NaN) / 1024;
  return { rssMiB: mebibytes("VmRSS"), peakRssMiB: mebibytes("VmHWM") };
}

/** user, nice, system, irq, softirq and steal: a stolen second is not ours to use either. */
export function parseMachineCpuSeconds(stat: string): number {
  const [, user, nice, system, , , irq, softirq, steal] = stat
    .slice(0, stat.indexOf("\n"))
    .split(/\s+/)
    .map(Number);
  const ticks = [user, nice, system, irq, softirq, steal];
  return ticks.reduce<number>((sum, count) => sum + (count ?? 0), 0) / TICKS_PER_SECOND;
}
