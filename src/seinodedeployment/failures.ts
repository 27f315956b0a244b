/** Which failures of a pass are told in conditions, and under which reason (D6). */
import { SeiNodeDeploymentHealth } from "#api";
import { isApiError, isOwnStop } from "#kube";
import type { Blocked } from "./pass.ts";

/**
 * `undefined` for what is part of normal life and cures itself: conflicts, an API server that is away, our own shutdown.
 * Telling those would make conditions flap, and the flush would usually fail in the same way.
 */
export function describeFailure(error: unknown): Blocked | undefined {
  if (isOwnStop(error)) return undefined;
  if (isApiError(error)) {
    return isApiError(error, "invalid", "forbidden")
      ? { reason: SeiNodeDeploymentHealth.requestRefused, message: error.message }
      : undefined;
  }
  return {
    reason: SeiNodeDeploymentHealth.reconcileFailed,
    message: error instanceof Error ? error.message : String(error),
  };
}
