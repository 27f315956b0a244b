/** Waits for something another part of the same process is about to do. For tests; never for time to pass. */

/** Looks after each turn of the event loop. Rejects when it takes so long that it will not happen any more. */
export async function until(fact: () => boolean, what = "the expected state"): Promise<void> {
  for (let turns = 0; !fact(); turns++) {
    if (turns > 200_000) throw new Error(`${what} did not come about`);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
