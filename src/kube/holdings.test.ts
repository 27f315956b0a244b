import assert from "node:assert/strict";
import { test } from "node:test";
import { Holdings, type InformerEvent } from "./holdings.ts";
import type { Prepared } from "./intake.ts";
import type { ConfigMap } from "./resources.ts";
import { Store } from "./store.ts";
import { configMap } from "./testing/objects.ts";

const id = "ns/a";

function newHoldings() {
  const store = new Store<ConfigMap>();
  const holdings = new Holdings(store);
  const readable = (version: number, uid: string): Prepared<ConfigMap> => ({
    entry: store.prepare(configMap("a", version, { uid })),
  });
  const unreadable = (version: number, uid: string): Prepared<ConfigMap> => ({
    error: new Error("cannot be represented"),
    identity: configMap("a", version, { uid }),
  });
  return { holdings, readable, unreadable };
}

const words = (events: readonly InformerEvent<ConfigMap>[]) =>
  events.map(({ type, object, unreadable, healed }) => {
    const { uid, resourceVersion } = object.metadata;
    return `${type} ${uid}@${resourceVersion}${unreadable === undefined ? "" : " unreadable"}${healed ? " healed" : ""}`;
  });

test("an unreadable object replaced by another unreadable one of its name is deleted and added", () => {
  const { holdings, unreadable } = newHoldings();
  holdings.take(id, unreadable(1, "first"));
  assert.deepEqual(words(holdings.take(id, unreadable(2, "second"))), [
    "deleted first@1 unreadable",
    "added second@2 unreadable",
  ]);
});

test("an unreadable object replaced by a readable one of its name is deleted and added", () => {
  const { holdings, readable, unreadable } = newHoldings();
  holdings.take(id, unreadable(1, "first"));
  assert.deepEqual(words(holdings.take(id, readable(2, "second"))), [
    "deleted first@1 unreadable",
    "added second@2",
  ]);
  assert.equal(holdings.whyUnreadable(id), undefined);
});

test("an unreadable object that becomes readable, or changes, is modified", () => {
  const { holdings, readable, unreadable } = newHoldings();
  holdings.take(id, unreadable(1, "first"));
  assert.deepEqual(words(holdings.take(id, unreadable(2, "first"))), ["modified first@2 unreadable"]);
  assert.deepEqual(words(holdings.take(id, readable(3, "first"))), ["modified first@3 healed"]);
  holdings.take(id, unreadable(4, "first"));
  assert.deepEqual(words(holdings.take(id, readable(5, "first"))), ["modified first@5 healed"]);
  assert.deepEqual(words(holdings.take(id, readable(6, "first"))), ["modified first@6"]);
});
