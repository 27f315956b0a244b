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
  /** A module is being downloaded. */
  downloading(): void;
  /** A package is being compiled. */
  compiling(): void;
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
  let firstPackage = 0;
  let said = "";
  const elapsed = () => inWords(Math.round((clock.monotonic() - start) / 1000));
  const left = () => {
    const perPackage = (clock.monotonic() - firstPackage) / packages;
    return Math.max(1, Math.ceil((perPackage * (expected - packages)) / 60_000));
  };
  const facts = () => {
    if (packages > 0) return `${packages} packages of at most ${Math.max(expected, packages)} compiled`;
    if (downloads > 0) return `${downloads} modules downloaded`;
    return "reading the module graph";
  };
  const tell = () => {
    const state = facts();
    let hint = "";
    // Go says nothing while it links, and linking four servers takes a while.
    if (packages > 0)
      hint = state === said ? ", linking or compiling a large package" : `, at most about ${left()} min left`;
    said = state;
    log(`  ${elapsed()}: ${state}${hint}`);
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
      if (packages === 0) firstPackage = clock.monotonic();
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

function inWords(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
