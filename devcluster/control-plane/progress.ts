/** Says in a few words how far a build is: a line every few seconds. */
import type { Clock } from "#clock";

export interface ProgressOptions {
  /** Packages to compile at most. */
  expected: number;
  log: (line: string) => void;
  clock: Clock;
  /** Default 5 s. */
  everyMs?: number;
}

export interface Progress {
  downloading(what: string): void;
  compiling(what: string): void;
  /** Tells the total. */
  done(): void;
  /** Stops the timer. Call it always. */
  stop(): void;
}

export function startProgress(options: ProgressOptions): Progress {
  const { clock, log, expected } = options;
  const start = clock.monotonic();
  let downloads = 0;
  let packages = 0;
  let said = "";
  const elapsed = () => {
    const seconds = Math.round((clock.monotonic() - start) / 1000);
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  };
  const tell = () => {
    const facts = [];
    if (packages === 0 && downloads > 0) facts.push(`${downloads} modules downloaded`);
    if (packages > 0) facts.push(`${packages} packages of at most ${Math.max(expected, packages)} compiled`);
    // Go says nothing while it links, and linking four servers takes a while.
    const state = facts.join(", ");
    if (state !== "" && state === said) facts.push("linking or compiling a large package");
    said = state;
    log(`  ${elapsed()}: ${facts.join(", ") || "reading the module graph"}`);
  };
  let cancel = () => {};
  const again = () => {
    cancel = clock.after(options.everyMs ?? 5000, () => {
      tell();
      again();
    });
  };
  again();
  return {
    downloading() {
      downloads++;
    },
    compiling() {
      packages++;
    },
    done() {
      log(`  built in ${elapsed()}, ${packages} packages compiled`);
    },
    stop() {
      cancel();
    },
  };
}
