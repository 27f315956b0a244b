import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock } from "#clock";
import { createHostLookup } from "./host-lookup.ts";

type Answer = readonly string[] | string | "hangs";

/** One answer per family: addresses, the code of an error, or none until it is cancelled. */
class ScriptedResolver {
  cancelled = 0;
  readonly #answers: readonly [Answer, Answer];
  readonly #hanging: ((error: Error) => void)[] = [];

  constructor(v4: Answer, v6: Answer) {
    this.#answers = [v4, v6];
  }

  resolve4 = ((_host: string) => this.#answer(this.#answers[0])) as never;
  resolve6 = ((_host: string) => this.#answer(this.#answers[1])) as never;

  cancel(): void {
    this.cancelled++;
    for (const reject of this.#hanging.splice(0)) reject(failure("ECANCELLED"));
  }

  #answer(answer: Answer): Promise<readonly string[]> {
    if (answer === "hangs") return new Promise((_, reject) => void this.#hanging.push(reject));
    return typeof answer === "string" ? Promise.reject(failure(answer)) : Promise.resolve(answer);
  }
}

const failure = (code: string) => Object.assign(new Error(`queryA ${code}`), { code });

describe("host lookup", () => {
  const table: [what: string, v4: Answer, v6: Answer, expected: string][] = [
    ["an address of either family resolves: v4", ["10.0.0.1"], "ENODATA", "resolves"],
    ["an address of either family resolves: v6", "ENODATA", ["fd00::1"], "resolves"],
    ["one family is enough, whatever the other does", ["10.0.0.1"], "hangs", "resolves"],
    ["no such name is missing", "ENOTFOUND", "ENOTFOUND", "missing"],
    ["a name without addresses is missing", "ENODATA", "ENODATA", "missing"],
    ["an empty answer is missing", [], [], "missing"],
    ["a name server that fails says nothing", "ESERVFAIL", "ESERVFAIL", "unknown"],
    ["a name server that cannot be reached says nothing", "ECONNREFUSED", "ETIMEOUT", "unknown"],
    ["half an answer says nothing", "ENODATA", "ETIMEOUT", "unknown"],
  ];
  for (const [what, v4, v6, expected] of table) {
    it(what, async () => {
      const clock = new ManualClock();
      const resolver = new ScriptedResolver(v4, v6);
      const lookup = createHostLookup(clock, () => resolver);
      assert.equal(await lookup("a.example.org", new AbortController().signal), expected);
      assert.equal(clock.pending, 0, "its deadline is cleared");
      assert.equal(resolver.cancelled, 1, "nothing of it goes on");
    });
  }

  it("gives up after two seconds, and that says nothing of the name", async () => {
    const clock = new ManualClock();
    const lookup = createHostLookup(clock, () => new ScriptedResolver("hangs", "hangs"));
    const answer = lookup("a.example.org", new AbortController().signal);
    await clock.advance(2_000);
    assert.equal(await answer, "unknown");
  });

  it("ends with its signal, before and during the question", async () => {
    const stop = new AbortController();
    const lookup = createHostLookup(new ManualClock(), () => new ScriptedResolver("hangs", "hangs"));
    const answer = lookup("a.example.org", stop.signal);
    stop.abort(new Error("stopping"));
    await assert.rejects(answer, /stopping/);
    await assert.rejects(lookup("a.example.org", stop.signal), /stopping/);
  });
});
