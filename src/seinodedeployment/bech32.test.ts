import assert from "node:assert/strict";
import { test } from "node:test";
import { bech32Problem } from "./bech32.ts";

test("the valid strings of BIP 173 are taken", () => {
  for (const [text, prefix] of [
    ["A12UEL5L", "a"],
    ["abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef"],
    ["split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split"],
  ] as const) {
    const problem = bech32Problem(text, prefix);
    assert.ok(problem === undefined || problem === "is too short", `${text}: ${problem}`);
  }
});

test("what is no address with the prefix is told why", () => {
  const good = "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w";
  for (const [text, why] of [
    [good.replace("split1c", "split1d"), /checksum/],
    [good.replace("2y9e3w", "2y9e3b"), /does not use/],
    [`${good.slice(0, 10).toUpperCase()}${good.slice(10)}`, /case/],
    ["split1", /too short/],
    ["checkup", /no prefix/],
    ["cosmos1checkupstage", /prefix cosmos, not split/],
  ] as const) {
    assert.match(bech32Problem(text, "split") ?? "", why, text);
  }
  assert.equal(bech32Problem(good, "split"), undefined);
});
