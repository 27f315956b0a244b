/** The contract between the controller runtime and a reconciler. */
import type { ObjectKey } from "./object.ts";

export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  child(facts: object): Logger;
}

export interface ReconcileContext {
  /** Aborted at the reconcile deadline, on loss of leadership and on shutdown. Pass it to every call. */
  readonly signal: AbortSignal;
  /** Carries controller, namespace, name and reconcileId. */
  readonly log: Logger;
}

/** Absent or empty: done, wait for the next event. `requeueAfterMs`: look again then, unless an event comes first. */
export interface ReconcileResult {
  requeueAfterMs?: number;
}

/** A rejection means: retry with the key's backoff; a TerminalError: wait for the next event. */
export type Reconcile = (key: ObjectKey, context: ReconcileContext) => Promise<ReconcileResult>;

/** Emits core/v1 Events about objects. Never throws and never blocks; repeats are aggregated into a count. */
export interface EventRecorder {
  event(
    about: { apiVersion: string; kind: string; metadata: { name: string; namespace?: string; uid: string } },
    type: "Normal" | "Warning",
    reason: string,
    message: string,
  ): void;
}
