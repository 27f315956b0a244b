import assert from "node:assert/strict";
import { test } from "node:test";
import { templateHash } from "./template-hash.ts";

const image = (tag: string) => ({ chainId: "pacific-1", image: `ghcr.io/sei-protocol/seid:${tag}` });

test("the hash is the Go operator's, for the vectors of the contract", () => {
  assert.equal(templateHash(image("v1.0.0")), "9c13d843e3cbbdb0");
  assert.equal(templateHash(image("v2.0.0")), "753bf0c944503efa");
  assert.equal(templateHash({ ...image("v2.0.0"), sidecar: { image: "seictl:v2" } }), "304fa998560ad84c");
});

test("a sidecar without an image hashes like none", () => {
  assert.equal(templateHash({ ...image("v1.0.0"), sidecar: { port: 1 } }), templateHash(image("v1.0.0")));
});
