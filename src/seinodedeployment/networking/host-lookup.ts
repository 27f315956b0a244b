/** The name lookup of the running manager. */
import { Resolver } from "node:dns/promises";
import type { Clock } from "#clock";
import type { HostAnswer, HostLookup } from "./host-checks.ts";

const DEADLINE_MS = 2_000;

/** What a resolver says of a name that it looked for and did not find. */
const NOT_FOUND = new Set(["ENOTFOUND", "ENODATA"]);

/**
 * Asks the name servers of the host directly, for addresses of either family. Not `lookup`, which goes through the C
 * library: that occupies one of few threads until it gives up, and cannot be called off.
 */
export function createHostLookup(
  clock: Clock,
  createResolver: () => Pick<Resolver, "resolve4" | "resolve6" | "cancel"> = () => new Resolver(),
): HostLookup {
  return async (host, signal) => {
    signal.throwIfAborted();
    const resolver = createResolver();
    const cancel = () => resolver.cancel();
    const cancelTimer = clock.after(DEADLINE_MS, cancel);
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const answers = [resolver.resolve4(host), resolver.resolve6(host)];
      const found = await Promise.any(answers.map(someAddress)).catch(allMissing);
      signal.throwIfAborted();
      return found;
    } finally {
      cancelTimer();
      signal.removeEventListener("abort", cancel);
      // What is still under way has lost the race.
      cancel();
    }
  };
}

async function someAddress(addresses: Promise<readonly string[]>): Promise<HostAnswer> {
  if ((await addresses).length > 0) return "resolves";
  throw Object.assign(new Error("no addresses"), { code: "ENODATA" });
}

function allMissing(error: unknown): HostAnswer {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const missing = errors.every(
    (one) => one instanceof Error && "code" in one && NOT_FOUND.has(String(one.code)),
  );
  return missing ? "missing" : "unknown";
}
