/** Which processes descend from one: how tests show that nothing was left running. */
import { run } from "./run.ts";

/** Pids of all living descendants of `pid`, by `ps` (Linux and macOS). */
export async function descendants(pid: number): Promise<number[]> {
  const { code, stdout, problem } = await run("ps", ["-A", "-o", "pid=,ppid=,stat="], { timeoutMs: 10_000 });
  if (code !== 0) throw new Error(`ps: ${problem ?? `exit code ${code}`}`);
  const children = new Map<number, number[]>();
  for (const line of stdout.split("\n")) {
    const [child, parent, state] = line.trim().split(/\s+/);
    if (child === undefined || parent === undefined || state?.startsWith("Z")) continue;
    children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(child)]);
  }
  const found: number[] = [];
  const walk = (parent: number) => {
    for (const child of children.get(parent) ?? []) {
      found.push(child);
      walk(child);
    }
  };
  walk(pid);
  return found;
}

/** Those of the pids that still run. A zombie does not: it waits for its reaper, which in a container may never come. */
export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  const { stdout } = await run("ps", ["-A", "-o", "pid=,stat="], { timeoutMs: 10_000 });
  const living = new Set<number>();
  for (const line of stdout.split("\n")) {
    const [pid, state] = line.trim().split(/\s+/);
    if (pid !== undefined && state !== undefined && !state.startsWith("Z")) living.add(Number(pid));
  }
  return pids.filter((pid) => living.has(pid));
}
