/**
 * A call: exchanges until one counts. Asks the gate, refreshes a refused credential once, obeys Retry-After within the
 * deadline, and repeats a read once whose kept-alive connection broke. A write is repeated only when the server said that
 * it did not execute it (401, 429).
 */
import type { Clock, Random } from "#clock";
import { CallScope } from "./call-scope.ts";
import { CredentialError } from "./credentials/index.ts";
import { ApiError, isApiError } from "./errors.ts";
import type { FinishedRequest, RequestObserver, WriteGate } from "./rest-api.ts";
import {
  type CallFacts,
  clean,
  errorFromAnswer,
  errorFromNoAnswer,
  isConnectionLost,
} from "./status-error.ts";
import type { Exchange, ExchangeAnswer, Transport } from "./transport.ts";

export interface Call extends CallFacts, Exchange {
  readonly verb: string;
  readonly resource: string;
}

export interface CallerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly gate: WriteGate | undefined;
  readonly observer: RequestObserver | undefined;
  readonly deadlineMs: number;
}

const maxAttempts = 5;

export class Caller {
  readonly #transport: Transport;
  readonly #options: CallerOptions;
  readonly #closed = new AbortController();
  /** Streams are ended by `close`, calls are not. */
  readonly #streamsClosed = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(transport: Transport, options: CallerOptions) {
    this.#transport = transport;
    this.#options = options;
  }

  /** The answer's whole text. */
  async text(call: Call, signal: AbortSignal | undefined): Promise<string> {
    this.#assertUsable(call);
    const scope = this.#scope(call, signal, undefined);
    try {
      return await this.#perform(call, scope, (answer) => answer.body.text());
    } finally {
      scope.dispose();
    }
  }

  /** An open answer, and the scope that must be disposed of once it was read. */
  async open(
    call: Call,
    signal: AbortSignal | undefined,
  ): Promise<{ answer: ExchangeAnswer; scope: CallScope }> {
    this.#assertUsable(call);
    const scope = this.#scope(call, signal, this.#streamsClosed.signal);
    try {
      const answer = await this.#perform(call, scope, async (opened) => opened);
      scope.liftDeadline();
      return { answer, scope };
    } catch (error) {
      scope.dispose();
      throw error;
    }
  }

  /** May be called again. */
  close(): Promise<void> {
    this.#closed.abort();
    this.#streamsClosed.abort();
    this.#closing ??= this.#transport.close();
    return this.#closing;
  }

  #scope(call: Call, signal: AbortSignal | undefined, closed: AbortSignal | undefined): CallScope {
    const { clock, deadlineMs, gate } = this.#options;
    return new CallScope(clock, { deadlineMs, signal, closed, fence: call.write ? gate?.signal : undefined });
  }

  #assertUsable(call: Call): void {
    if (this.#closed.signal.aborted)
      throw new ApiError(`${call.what}: the client is closed`, { class: "aborted", notExecuted: true });
  }

  async #perform<T>(call: Call, scope: CallScope, read: (answer: ExchangeAnswer) => Promise<T>): Promise<T> {
    const once = { renewal: false, reset: false };
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#exchange(call, scope, read);
      if ("value" in outcome) return outcome.value;
      const { error, refused } = outcome;
      if (refused !== undefined && !once.renewal) {
        once.renewal = true;
        if (await this.#renewed(call, scope, refused)) continue;
      }
      if (!call.write && !once.reset && error.status === 0 && isConnectionLost(error.cause)) {
        once.reset = true;
        continue;
      }
      const waitMs = this.#waitBefore(call, error);
      if (waitMs === undefined || attempt >= maxAttempts || !scope.allows(waitMs)) throw error;
      await this.#options.clock.sleep(waitMs, scope.signal).catch(() => {
        // Ended from our side in mid-wait: the server had refused, so nothing is uncertain.
        throw scope.error(call, false) ?? error;
      });
    }
  }

  /** Undefined: do not repeat. 503 may come from behind the point where a write was executed. */
  #waitBefore(call: Call, error: ApiError): number | undefined {
    if (error.retryAfterMs === undefined) return undefined;
    if (error.status !== 429 && (error.status !== 503 || call.write)) return undefined;
    // A little apart, or everybody who was refused together comes back together.
    return error.retryAfterMs * (1 + this.#options.random.next() / 4);
  }

  async #exchange<T>(
    call: Call,
    scope: CallScope,
    read: (answer: ExchangeAnswer) => Promise<T>,
  ): Promise<{ value: T } | { error: ApiError; refused?: ExchangeAnswer["credential"] }> {
    const { clock } = this.#options;
    const startedAt = clock.monotonic();
    let code = "<error>";
    let sent = false;
    try {
      const answer = await this.#transport.send(call, scope.signal, () => {
        this.#assertUsable(call);
        if (call.write) this.#options.gate?.assertOpen();
        sent = true;
      });
      code = String(answer.status);
      if (answer.status >= 200 && answer.status < 300) return { value: await read(answer) };
      const text = await answer.body.text();
      const error = errorFromAnswer(call, { ...answer, text }, clock.now());
      return answer.status === 401 ? { error, refused: answer.credential } : { error };
    } catch (cause) {
      return { error: this.#explain(call, scope, cause, sent) };
    } finally {
      if (sent) this.#observe(call, code, startedAt);
    }
  }

  #explain(call: Call, scope: CallScope, cause: unknown, sent: boolean): ApiError {
    // The gate's own word, or that the client is closed.
    if (isApiError(cause)) return cause;
    const ended = scope.error(call, sent);
    if (ended !== undefined) return ended;
    if (!(cause instanceof CredentialError)) return errorFromNoAnswer(call, cause);
    const words = `no credential: ${clean(cause.message)}; nothing was sent`;
    return new ApiError(`${call.what}: ${words}`, { class: "transient", notExecuted: true, cause });
  }

  async #renewed(call: Call, scope: CallScope, refused: ExchangeAnswer["credential"]): Promise<boolean> {
    try {
      return await this.#transport.renewCredential(refused, scope.signal);
    } catch (cause) {
      throw this.#explain(call, scope, cause, false);
    }
  }

  #observe({ verb, method, resource }: Call, code: string, startedAt: number): void {
    const seconds = (this.#options.clock.monotonic() - startedAt) / 1000;
    const finished: FinishedRequest = { verb, method, resource, code, host: this.#transport.host, seconds };
    try {
      this.#options.observer?.(finished);
    } catch {
      // A metric that throws is a bug of the metric, and no reason to fail the call it counts.
    }
  }
}
