import type { SeiNodeTaskPhase } from "#api";

/** A task that ended is never worked on or written again. */
export function isTerminal(phase: SeiNodeTaskPhase | undefined): boolean {
  return phase === "Complete" || phase === "Failed";
}
