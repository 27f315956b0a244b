import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { maxUnavailableOf, nextWave, type WaveNode } from "./waves.ts";

const node = (name: string, more: Partial<WaveNode> = {}): WaveNode => ({
  name,
  wave: undefined,
  moved: false,
  back: false,
  ready: true,
  fresh: false,
  ...more,
});
const notReady = { ready: false };
const back = { moved: true, back: true };
const given = (nodes: readonly WaveNode[], most: number) => Object.fromEntries(nextWave(nodes, most));

describe("maxUnavailable", () => {
  const share = (maxUnavailable: number | string) => ({ inPlace: { maxUnavailable } });
  for (const [what, strategy, validator, count, expected] of [
    ["absent: 1 for validators", undefined, true, 100, 1],
    ["absent: a quarter of other nodes, rounded down", {}, false, 11, 2],
    ["absent: at least 1", { inPlace: {} }, false, 3, 1],
    ["a number", share(3), true, 10, 3],
    ["a percentage, rounded down", share("50%"), false, 5, 2],
    ["a percentage, at least 1", share("1%"), false, 5, 1],
    ["100% is all at once", share("100%"), true, 7, 7],
  ] as const) {
    test(what, () => assert.equal(maxUnavailableOf(strategy, validator, count), expected));
  }
});

describe("nextWave", () => {
  for (const [what, nodes, most, expected] of [
    ["the first wave, by ordinal", [node("a"), node("b"), node("c")], 2, { a: 1, b: 1 }],
    [
      "no second wave while the first is out",
      [node("a", { wave: 1, moved: true, ready: false }), node("b")],
      1,
      {},
    ],
    ["nor before its nodes are moved", [node("a", { wave: 1 }), node("b")], 1, {}],
    ["the next when they are back", [node("a", { wave: 1, ...back }), node("b"), node("c")], 1, { b: 2 }],
    [
      "not Ready anyway: at once, beside the wave",
      [node("a"), node("b", notReady), node("c")],
      1,
      { a: 1, b: 0 },
    ],
    ["a whole group that is halted: at once", [node("a", notReady), node("b", notReady)], 1, { a: 0, b: 0 }],
    ["wave 0 holds up nobody", [node("a", { wave: 0, moved: true, ready: false }), node("b")], 1, { b: 1 }],
    [
      "what becomes not Ready while it waits goes at once",
      [node("a", { wave: 1, ready: false }), node("b", notReady)],
      1,
      { b: 0 },
    ],
    ["what runs the target already is left alone", [node("a", back), node("b")], 1, { b: 1 }],
    [
      "moved before the waves were counted: it has to come back",
      [node("a", { moved: true, ready: false }), node("b")],
      1,
      { a: 1 },
    ],
    [
      "and takes from the first wave's room",
      [node("a", { moved: true, ready: false }), node("b"), node("c")],
      2,
      { a: 1, b: 1 },
    ],
    [
      "made in mid-rollout and coming up: waits",
      [node("a"), node("b", { ready: false, fresh: true })],
      2,
      { a: 1 },
    ],
    [
      "until nothing else waits",
      [node("a", { wave: 1, ...back }), node("b", { ready: false, fresh: true })],
      1,
      { b: 0 },
    ],
    ["nothing to do", [node("a", back)], 1, {}],
  ] as const) {
    test(what, () => assert.deepEqual(given(nodes, most), expected));
  }

  const anyNode = fc.record({
    wave: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
    moved: fc.boolean(),
    back: fc.boolean(),
    ready: fc.boolean(),
    fresh: fc.boolean(),
  });
  const anyNodes = fc
    .array(anyNode, { minLength: 1, maxLength: 12 })
    .map((nodes) => nodes.map((each, i) => ({ name: `n${i}`, ...each, moved: each.moved || each.back })));

  test("never takes more Ready nodes out than allowed, whatever the state", () => {
    fc.assert(
      fc.property(anyNodes, fc.integer({ min: 1, max: 5 }), (nodes, most) => {
        const waves = nextWave(nodes, most);
        const taken = nodes.filter(({ name, ready, moved }) => ready && !moved && (waves.get(name) ?? 0) > 0);
        const out = nodes.filter(({ wave, back }) => !back && (wave ?? 0) > 0);
        return taken.length <= (out.length > 0 ? 0 : most);
      }),
    );
  });

  test("never gets stuck: with nothing out and something waiting, somebody's turn comes", () => {
    fc.assert(
      fc.property(anyNodes, fc.integer({ min: 1, max: 5 }), (nodes, most) => {
        const out = nodes.some(({ wave, back }) => !back && (wave ?? 0) > 0);
        const waiting = nodes.some(({ wave, back }) => wave === undefined && !back);
        return out || !waiting || nextWave(nodes, most).size > 0;
      }),
    );
  });

  test("a node that has a wave never gets another", () => {
    fc.assert(
      fc.property(anyNodes, fc.integer({ min: 1, max: 5 }), (nodes, most) => {
        const waves = nextWave(nodes, most);
        return nodes.every(({ name, wave }) => wave === undefined || !waves.has(name));
      }),
    );
  });
});
