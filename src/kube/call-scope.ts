/** How long one call may live: its own deadline, the caller's signal, the fence and the client's end, as one signal. */
import type { Clock } from "#clock";
import { ApiError, type ApiErrorClass } from "./errors.ts";
import { type CallFacts, uncertain } from "./status-error.ts";

export interface ScopeLimits {
  readonly deadlineMs: number;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** The fence's; absent for reads and for clients without a gate. */
  readonly fence: AbortSignal | undefined;
  /** The client's own end; absent for calls, which may finish. */
  readonly closed: AbortSignal | undefined;
}

/** Must be disposed of when the call ended: it holds a timer and listeners on signals that live much longer. */
export class CallScope {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #cleanups: (() => void)[] = [];
  readonly #deadlineAt: number;
  #ended: { class: ApiErrorClass; words: string; cause?: unknown } | undefined;
  #cancelDeadline: () => void;

  constructor(clock: Clock, limits: ScopeLimits) {
    this.#clock = clock;
    this.#deadlineAt = clock.monotonic() + limits.deadlineMs;
    this.#cancelDeadline = clock.after(limits.deadlineMs, () => {
      this.#end("transient", `no answer within ${limits.deadlineMs / 1000} s`);
    });
    this.#follow(limits.closed, "aborted", "the client was closed");
    this.#follow(limits.signal, "aborted", "aborted by the caller");
    this.#follow(limits.fence, "fenced", "leadership was lost");
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether a wait of `ms` ends before the deadline. */
  allows(ms: number): boolean {
    return this.#clock.monotonic() + ms < this.#deadlineAt;
  }

  /** From here on only the signals count: a watch that opened lives as long as it likes. */
  liftDeadline(): void {
    this.#cancelDeadline();
    this.#cancelDeadline = () => {};
  }

  /** Why the call was ended from our side; undefined when it was not. */
  error(call: CallFacts, sent: boolean): ApiError | undefined {
    if (this.#ended === undefined) return undefined;
    const { words, cause } = this.#ended;
    const doubt = call.write ? (sent ? uncertain : "; nothing was written") : "";
    return new ApiError(`${call.what}: ${words}${doubt}`, {
      class: this.#ended.class,
      notExecuted: !sent,
      cause,
    });
  }

  dispose(): void {
    this.#cancelDeadline();
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }

  #follow(signal: AbortSignal | undefined, errorClass: ApiErrorClass, words: string): void {
    if (signal === undefined) return;
    const onAbort = () => this.#end(errorClass, words, signal.reason);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    this.#cleanups.push(() => signal.removeEventListener("abort", onAbort));
  }

  #end(errorClass: ApiErrorClass, words: string, cause?: unknown): void {
    this.#ended ??= { class: errorClass, words, cause };
    this.#controller.abort();
  }
}
