/**
 * One build at a time per machine user, by a lock file that names its holder.
 *
 * The lock saves work; correctness does not hang on it (binaries are put in place by renames). So the tiny window in
 * which two processes break the same stale lock is accepted: they would build twice.
 */
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { type Clock, systemClock } from "#clock";

export interface LockOptions {
  file: string;
  log: (line: string) => void;
  clock?: Clock;
}

/** The holder touches its lock this often ... */
const HEARTBEAT_MS = 5_000;
/** ... and is taken for dead when it did not for this long (a recycled pid would look alive for ever). */
const STALE_MS = 60_000;
const POLL_MS = 250;

/** Waits for the lock, runs `work` under it and releases it. Says once for whom it waits. */
export async function withBuildLock<T>(options: LockOptions, work: () => Promise<T>): Promise<T> {
  const { file, log, clock = systemClock } = options;
  let told = "";
  while (!(await tryLock(file))) {
    const holder = await readHolder(file);
    if (holder === undefined) continue; // released between the two looks
    if (isDead(holder.pid) || clock.now() - holder.touched > STALE_MS) {
      await breakLock(file);
      continue;
    }
    if (told !== holder.pid)
      log(`Process ${holder.pid} is building the control plane; waiting for it (lock ${file})`);
    told = holder.pid;
    await clock.sleep(POLL_MS);
  }
  let released = false;
  let cancel = () => {};
  const beat = () => {
    if (released) return;
    cancel = clock.after(HEARTBEAT_MS, () => {
      const now = clock.now() / 1000;
      // A lock that somebody took for stale and removed needs no heartbeat.
      utimes(file, now, now).then(beat, () => {});
    });
  };
  beat();
  try {
    return await work();
  } finally {
    released = true;
    cancel();
    const holder = await readHolder(file);
    if (holder?.pid === String(process.pid)) await rm(file, { force: true });
  }
}

async function tryLock(file: string): Promise<boolean> {
  try {
    await using handle = await open(file, "wx");
    await handle.writeFile(String(process.pid));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function readHolder(file: string): Promise<{ pid: string; touched: number } | undefined> {
  try {
    return { pid: (await readFile(file, "utf8")).trim(), touched: (await stat(file)).mtimeMs };
  } catch {
    return undefined;
  }
}

/** An empty lock belongs to somebody who is just writing it; only its age can condemn it. */
function isDead(pid: string): boolean {
  if (!/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** A rename, because of two who see the same stale lock only one gets to move it. */
async function breakLock(file: string): Promise<void> {
  const aside = `${file}.stale-${process.pid}`;
  try {
    await rename(file, aside);
  } catch {
    return; // somebody else was quicker
  }
  await rm(aside, { force: true });
}
