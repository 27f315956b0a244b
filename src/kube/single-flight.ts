import { unlessAborted } from "./abort.ts";

/**
 * One call per key at a time: who asks while it runs gets the same outcome. The call is aborted when everybody who waited
 * for it has given up, and only then, so that one impatient caller does not fail the others.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, { promise: Promise<T>; waiters: number; stop: AbortController }>();

  async do(
    key: string,
    signal: AbortSignal | undefined,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, call);
    flight.waiters++;
    try {
      return await (signal === undefined ? flight.promise : unlessAborted(flight.promise, signal));
    } finally {
      flight.waiters--;
      if (flight.waiters === 0) {
        flight.stop.abort(signal?.reason);
        // One that is being aborted is nothing to join.
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
      }
    }
  }

  #start(key: string, call: (signal: AbortSignal) => Promise<T>) {
    const stop = new AbortController();
    const flight = { promise: call(stop.signal), waiters: 0, stop };
    this.#flights.set(key, flight);
    return flight;
  }
}
