import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ApiError } from "./errors.ts";
import {
  initialReflectorState,
  type ReflectorInput,
  type ReflectorState,
  type ReflectorStep,
  reflectorStep,
  WatchProtocolError,
} from "./reflector-step.ts";

const counters = { pagedOnly: false, failures: 0, shortWatches: 0 };
const streaming: ReflectorState = { ...counters, name: "streaming", received: false };
const paging: ReflectorState = { ...counters, name: "paging" };
const watching: ReflectorState = { ...counters, name: "watching", resourceVersion: "5", openedAt: 0 };

function event(
  type: string,
  metadata: object = { name: "a", resourceVersion: "7" },
  at = 60_000,
): ReflectorInput {
  return { type: "event", event: { type, object: { metadata } }, at };
}
const endOfInitialEvents = event("BOOKMARK", {
  resourceVersion: "9",
  annotations: { "k8s.io/initial-events-end": "true" },
});
const error = (errorClass: "transient" | "invalid" | "expired" | "forbidden", retryAfterMs?: number) =>
  new ApiError(errorClass, { class: errorClass, retryAfterMs });
const failed = (cause: unknown, at = 60_000): ReflectorInput => ({ type: "failed", error: cause, at });

function summary({ state, effects }: ReflectorStep): string {
  const then = state.name === "waiting" ? `->${state.then.name}` : "";
  const version = state.name === "watching" ? `@${state.resourceVersion}` : "";
  return `${state.name}${then}${version} [${effects.map((effect) => effect.do).join()}]`;
}

const arrows: [title: string, from: ReflectorState, input: ReflectorInput, to: string][] = [
  ["streaming stages what it is sent", streaming, event("ADDED"), "streaming [stage]"],
  [
    "streaming stages deletions of the list it is receiving",
    streaming,
    event("DELETED"),
    "streaming [stage]",
  ],
  ["streaming only notes a bookmark that is not the end", streaming, event("BOOKMARK"), "streaming []"],
  [
    "streaming watches on after the end of the initial events",
    streaming,
    endOfInitialEvents,
    "watching@9 [commit]",
  ],
  ["streaming refused as a request pages at once", streaming, failed(error("invalid")), "paging []"],
  ["streaming that fails otherwise waits", streaming, failed(error("transient")), "waiting->streaming []"],
  ["streaming without permission waits", streaming, failed(error("forbidden")), "waiting->streaming []"],
  ["streaming that ends early pages once", streaming, { type: "ended", at: 60_000 }, "waiting->paging []"],
  [
    "streaming that falls silent pages once",
    streaming,
    { type: "silent", at: 150_000 },
    "waiting->paging []",
  ],
  ["streaming never guesses at an unknown event", streaming, event("SURPRISE"), "waiting->streaming []"],
  [
    "streaming never takes an object without a version",
    streaming,
    event("ADDED", { name: "a" }),
    "waiting->streaming []",
  ],
  [
    "streaming never takes an object without a name",
    streaming,
    event("ADDED", { resourceVersion: "7" }),
    "waiting->streaming []",
  ],
  [
    "paging goes on to the next page",
    paging,
    { type: "page", resourceVersion: "9", continue: "x", at: 1 },
    "paging [stage]",
  ],
  [
    "paging watches on after the last page",
    paging,
    { type: "page", resourceVersion: "9", at: 1 },
    "watching@9 [stage,commit]",
  ],
  ["an expired page token starts the list over", paging, failed(error("expired")), "waiting->streaming []"],
  ["watching applies a change", watching, event("ADDED"), "watching@7 [apply]"],
  ["watching applies a modification", watching, event("MODIFIED"), "watching@7 [apply]"],
  ["watching applies a deletion", watching, event("DELETED"), "watching@7 [apply]"],
  [
    "watching advances on a bookmark",
    watching,
    event("BOOKMARK", { resourceVersion: "8" }),
    "watching@8 [advance]",
  ],
  [
    "a watch that ran and ended goes on from the last version",
    watching,
    { type: "ended", at: 300_000 },
    "watching@5 []",
  ],
  [
    "a watch that ends as it opens waits, and keeps its version",
    watching,
    { type: "ended", at: 999 },
    "waiting->watching []",
  ],
  ["410 lists anew", watching, failed(error("expired")), "waiting->streaming []"],
  ["a lost connection lists anew", watching, failed(error("transient")), "waiting->streaming []"],
  ["silence lists anew", watching, { type: "silent", at: 150_000 }, "waiting->streaming []"],
  ["an unknown event type lists anew", watching, event("ERROR"), "waiting->streaming []"],
  [
    "an event without a version lists anew",
    watching,
    event("MODIFIED", { name: "a" }),
    "waiting->streaming []",
  ],
];

for (const [title, from, input, to] of arrows) {
  test(title, () => assert.equal(summary(reflectorStep(from, input)), to));
}

test("after the wait each state resumes what the wait was for", () => {
  const waiting = (then: Extract<ReflectorState, { name: "waiting" }>["then"]): ReflectorState => ({
    ...counters,
    name: "waiting",
    then,
    atLeastMs: 0,
  });
  const elapsed: ReflectorInput = { type: "elapsed", at: 77 };
  assert.equal(summary(reflectorStep(waiting({ name: "streaming" }), elapsed)), "streaming []");
  assert.equal(summary(reflectorStep(waiting({ name: "paging" }), elapsed)), "paging []");
  const rewatch = reflectorStep(waiting({ name: "watching", resourceVersion: "5" }), elapsed);
  assert.equal(summary(rewatch), "watching@5 []");
  assert.equal(rewatch.state.name === "watching" && rewatch.state.openedAt, 77);
});

test("stop ends every state, and nothing leaves stopped", () => {
  for (const state of [streaming, paging, watching]) {
    const { state: stopped } = reflectorStep(state, { type: "stop" });
    assert.equal(stopped.name, "stopped");
    assert.deepEqual(reflectorStep(stopped, endOfInitialEvents), { state: stopped, effects: [] });
  }
});

test("a server that refused WatchList is asked for pages from then on", () => {
  let { state } = reflectorStep(initialReflectorState, failed(error("invalid")));
  ({ state } = reflectorStep(state, { type: "page", resourceVersion: "9", at: 1 }));
  assert.equal(summary(reflectorStep(state, failed(error("expired")))), "waiting->paging []");
});

test("a request refused in mid-stream is no reason to give WatchList up", () => {
  const { state } = reflectorStep(streaming, event("ADDED"));
  assert.equal(summary(reflectorStep(state, failed(error("invalid")))), "waiting->streaming []");
});

test("a list that succeeds forgets failures, but not that its watches keep breaking", () => {
  let state: ReflectorState = watching;
  const seen: number[] = [];
  for (let round = 0; round < 4; round++) {
    ({ state } = reflectorStep(state, failed(new Error("garbage"), 1_000)));
    seen.push(state.failures + state.shortWatches);
    ({ state } = reflectorStep(state, { type: "elapsed", at: 0 }));
    ({ state } = reflectorStep(state, { ...endOfInitialEvents, at: 0 } as ReflectorInput));
  }
  assert.deepEqual(seen, [2, 3, 4, 5]);
  ({ state } = reflectorStep(state, failed(new Error("garbage"), 60_000)));
  assert.equal(state.failures + state.shortWatches, 1, "a watch that lasted starts from the beginning");
});

test("a server's Retry-After is the least wait", () => {
  const { state } = reflectorStep(watching, failed(error("transient", 7_000)));
  assert.equal(state.name === "waiting" && state.atLeastMs, 7_000);
});

test("whatever comes, the position of a watch never changes but by an event that is applied or a bookmark", () => {
  const inputs = fc.oneof(
    fc.constantFrom<ReflectorInput>(
      { type: "ended", at: 999_999 },
      { type: "silent", at: 999_999 },
      { type: "elapsed", at: 999_999 },
      { type: "page", resourceVersion: "50", at: 1 },
      failed(error("transient")),
      failed(error("expired")),
      failed(new WatchProtocolError("x")),
      endOfInitialEvents,
    ),
    fc
      .record({
        type: fc.constantFrom("ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR", ""),
        rv: fc.nat(99),
      })
      .map(({ type, rv }) => event(type, { name: "a", resourceVersion: String(rv) })),
  );
  fc.assert(
    fc.property(fc.array(inputs, { maxLength: 40 }), (sequence) => {
      let state = initialReflectorState;
      let position: string | undefined;
      for (const input of sequence) {
        const step = reflectorStep(state, input);
        for (const effect of step.effects) {
          if (effect.do === "commit" || effect.do === "advance") position = effect.resourceVersion;
          if (effect.do === "apply" && input.type === "event") {
            position = input.event.object.metadata.resourceVersion;
          }
        }
        if (step.state.name === "watching") assert.equal(step.state.resourceVersion, position);
        state = step.state;
      }
    }),
  );
});
