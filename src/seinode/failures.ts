/** Which failures of a pass are told in conditions, and under which reason (D6). */
import { SeiNodeHealth } from "#api";
import { isApiError, isOwnStop } from "#kube";
import { InvalidSpec, UnsupportedSpec } from "./errors.ts";
import { ModeError, RenderError } from "./render/index.ts";

/**
 * `undefined` for what is part of normal life and cures itself: conflicts, an API server that is away, our own shutdown.
 * Telling those would make conditions flap, and the flush would usually fail in the same way.
 */
export function describeFailure(error: unknown): { reason: string; message: string } | undefined {
  if (isOwnStop(error)) return undefined;
  if (error instanceof InvalidSpec || error instanceof ModeError)
    return { reason: SeiNodeHealth.invalidSpec, message: error.message };
  if (error instanceof UnsupportedSpec)
    return { reason: SeiNodeHealth.unsupportedSpec, message: error.message };
  if (error instanceof RenderError) return { reason: SeiNodeHealth.renderFailed, message: error.message };
  if (isApiError(error)) {
    return isApiError(error, "invalid", "forbidden")
      ? { reason: SeiNodeHealth.requestRefused, message: error.message }
      : undefined;
  }
  return {
    reason: SeiNodeHealth.reconcileFailed,
    message: error instanceof Error ? error.message : String(error),
  };
}
