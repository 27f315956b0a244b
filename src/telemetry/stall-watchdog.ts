import { Gauge, Histogram, type Registry } from "prom-client";
import type { Clock } from "#clock";
import type { Logger } from "#kube";

/** How often the loop is asked to show up. */
const BEAT_MS = 500;
/** Later than this is worth a log line: the lease is renewed on this loop. */
const STALL_MS = 1_000;

/**
 * Measures how late the event loop runs a timer. A stalled loop is a lost lease, so it must be visible before it is
 * long enough for that. Resolves when the signal aborts.
 */
export function createStallWatchdog(registry: Registry, clock: Clock, log: Logger) {
  const lateness = new Histogram({
    name: "sei_controller_event_loop_stall_seconds",
    help: "How late the event loop ran a timer that was due every half second.",
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  const worst = new Gauge({
    name: "sei_controller_event_loop_stall_max_seconds",
    help: "The longest stall of the event loop since the process started.",
    registers: [registry],
  });
  let longest = 0;
  worst.set(0);
  return async function watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const before = clock.monotonic();
      try {
        await clock.sleep(BEAT_MS, signal);
      } catch {
        return; // The signal: the only way sleep rejects.
      }
      const lateMs = Math.max(0, clock.monotonic() - before - BEAT_MS);
      lateness.observe(lateMs / 1000);
      longest = Math.max(longest, lateMs);
      worst.set(longest / 1000);
      if (lateMs >= STALL_MS) log.warn({ stalledMs: Math.round(lateMs) }, "the event loop was stalled");
    }
  };
}
