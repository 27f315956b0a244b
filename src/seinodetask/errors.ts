/** Why a task cannot go on as it is. */

/** The payload, or what the target lacks, makes the work impossible. Terminal: `ParamsBuildFailed`. */
export class ParamsError extends Error {
  override readonly name = "ParamsError";
}

/** The task was decided on in a state that is no longer the newest. Nothing was done; look again after the cache has caught up. */
export class OutdatedView extends Error {
  override readonly name = "OutdatedView";
  /** The plan engine obeys it. */
  readonly retryAfterMs = 100;
}

/** The time of the execution is over: nothing new is begun. */
export class PastDeadline extends Error {
  override readonly name = "PastDeadline";
}
