/** Waiting for a state of the world, told by watches, with an end: in time, too late, or called off. */
import type { Clock } from "#clock";
import type { Informer, KubeObject } from "#kube";

/** What was waited for did not come. */
export class NotInTime extends Error {
  override readonly name = "NotInTime";
}

/** What can say "something changed"; the function returned stops it. */
export type Source = (changed: () => void) => () => void;

export function changesOf<T extends KubeObject>(informer: Pick<Informer<T>, "onEvent">): Source {
  return (changed) => informer.onEvent(changed);
}

export interface WaitOptions {
  /** Completes "not within 60 s: ..."; a function is asked when it is too late. */
  readonly what: string | (() => string);
  readonly sources: readonly Source[];
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Resolves with the first answer of `look` that is not undefined. Looks at once and after each change. Rejects with
 * NotInTime, with the signal's reason, or with what `look` threw.
 */
export async function until<R>(look: () => R | undefined, options: WaitOptions): Promise<R> {
  const { what, sources, timeoutMs, clock, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  let asked = false;
  const check = () => {
    asked = false;
    try {
      const found = look();
      if (found !== undefined) resolve(found);
    } catch (error) {
      reject(error);
    }
  };
  // After the handlers that are told of the same event, so that what `look` asks has heard of it.
  const changed = () => {
    if (asked) return;
    asked = true;
    queueMicrotask(check);
  };
  const cancelTimer = clock.after(timeoutMs, () => {
    const words = typeof what === "string" ? what : what();
    reject(new NotInTime(`not within ${timeoutMs / 1000} s: ${words}`));
  });
  const unsubscribes = sources.map((source) => source(changed));
  changed();
  try {
    return await unlessAborted(promise, signal);
  } finally {
    cancelTimer();
    for (const unsubscribe of unsubscribes) unsubscribe();
  }
}

/** As the promise, unless the signal comes first: then it rejects with the signal's reason. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
