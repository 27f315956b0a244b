/**
 * One server process that cannot outlive us.
 *
 * A signal handler cannot promise that: nothing runs in a process that got SIGKILL. So the promise is held by the
 * kernel. Each server is started by a shell that first forks a watcher, which blocks on a socket only we hold the
 * other end of, and then becomes the server (exec: the pid is the server's own). When we end, however we end, the
 * kernel closes our end, the watcher reads EOF and kills its whole process group. That is also why this folder
 * installs no SIGINT, SIGTERM or exit handler.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { Socket } from "node:net";

export interface ChildSpec {
  /** For messages: `kube-apiserver`. */
  name: string;
  command: string;
  args: readonly string[];
  cwd: string;
  /** Replaces our own environment. */
  env?: NodeJS.ProcessEnv;
  /** stdout and stderr are appended here. */
  logFile: string;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process is gone, with words for a message: `exit code 1`, `signal SIGKILL`. Never rejects. */
  readonly exited: Promise<string>;
  /** True from the moment the process is known to be gone. */
  readonly gone: boolean;
  /** SIGKILL to the server and its watcher; resolves when the server is gone. May be called twice. */
  kill(): Promise<void>;
}

// `kill -9 0` reaches the group: the server, the watcher itself, and whatever the server may have started. It cannot
// hit a stranger with a recycled pid, because no new pid equals the id of a group that still has a member.
const WATCHED = `(cat <&3 >/dev/null; kill -9 0) & exec "$@" 3<&-`;

/** Waits for EOF, removes the folder, and once more after the servers have surely stopped writing into it. */
const CLEANER = `cat <&3 >/dev/null; rm -rf -- "$1"; sleep 1; rm -rf -- "$1"`;

/** Starts the process. Rejects when it cannot be started at all; a process that starts and fails resolves `exited`. */
export function startChild(spec: ChildSpec): Promise<Child> {
  const log = openSync(spec.logFile, "a");
  try {
    const child = spawn("/bin/sh", ["-c", WATCHED, "sh", spec.command, ...spec.args], {
      cwd: spec.cwd,
      ...(spec.env && { env: spec.env }),
      // A group of its own: Ctrl-C in a terminal goes to us alone, so that we can stop the servers in order.
      detached: true,
      stdio: ["ignore", log, log, "pipe"],
    });
    return started(spec, child);
  } finally {
    closeSync(log);
  }
}

function started(spec: ChildSpec, child: ChildProcess): Promise<Child> {
  const leash = child.stdio[3];
  let gone = false;
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  }).then((how) => {
    gone = true;
    leash?.destroy();
    return how;
  });
  child.unref();
  if (leash instanceof Socket) {
    leash.unref();
    // EPIPE or ECONNRESET of a dying watcher is no news: `exited` tells.
    leash.on("error", () => {});
  }
  return new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(new Error(`start ${spec.name}: ${error.message}`, { cause: error })),
    );
    child.once("spawn", () => {
      const pid = child.pid;
      if (pid === undefined) {
        reject(new Error(`start ${spec.name}: no pid`));
        return;
      }
      resolve({
        name: spec.name,
        pid,
        exited,
        get gone() {
          return gone;
        },
        async kill() {
          // unref'd children do not keep the event loop alive, and somebody is waiting now.
          child.ref();
          child.kill("SIGKILL");
          await exited;
        },
      });
    });
  });
}

/**
 * Removes `folder` when this process ends without having called the returned function (crash, SIGKILL, no `stop`).
 * The returned function calls the removal off; the caller removes the folder itself then.
 */
export function removeWhenWeEnd(folder: string): () => void {
  const cleaner = spawn("/bin/sh", ["-c", CLEANER, "sh", folder], {
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const leash = cleaner.stdio[3];
  cleaner.unref();
  if (leash instanceof Socket) {
    leash.unref();
    leash.on("error", () => {});
  }
  // Without a cleaner only the folder stays behind after a crash; the temp folder is the system's to clean then.
  cleaner.on("error", () => {});
  let calledOff = false;
  return () => {
    if (calledOff || cleaner.pid === undefined) return;
    calledOff = true;
    try {
      process.kill(-cleaner.pid, "SIGKILL"); // the group, so that its `cat` goes too
    } catch (error) {
      // ESRCH: somebody killed it already. What it was to do is the caller's now anyhow.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  };
}

/** The last lines of a log for an error message; says so when there are none. */
export async function tailOf(file: string, lines = 20): Promise<string> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    const length = Math.min(size, 64 * 1024);
    const { buffer } = await handle.read({ buffer: Buffer.alloc(length), position: size - length });
    const text = buffer.toString("utf8").trimEnd().split("\n").slice(-lines).join("\n");
    return text === "" ? "(the log is empty)" : text;
  } catch (error) {
    return `(no log: ${error instanceof Error ? error.message : String(error)})`;
  }
}
