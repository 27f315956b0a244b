/** When to look again at a running sidecar task (D15). */

/** Up to this much elapsed time -> this delay: looks at 0, 20, 70, 170, 370 ms. */
const EARLY: readonly (readonly [untilMs: number, delayMs: number])[] = [
  [20, 20],
  [70, 50],
  [170, 100],
  [370, 200],
];
const MIN_LATE_MS = 200;
const MAX_MS = 5_000;

/**
 * Delay to the next look at a task that was submitted `elapsedMs` ago: 20, 50, 100, 200 ms, then a tenth of the elapsed time,
 * never shorter than the step before and at most 5 s. A function of time alone, so that a restarted process goes on at the pace
 * the task has reached instead of starting over.
 */
export function nextPollDelayMs(elapsedMs: number): number {
  const early = EARLY.find(([untilMs]) => elapsedMs < untilMs);
  if (early !== undefined) return early[1];
  return Math.min(MAX_MS, Math.max(MIN_LATE_MS, Math.ceil(elapsedMs / 10)));
}
