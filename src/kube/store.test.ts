import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ConfigMap } from "./resources.ts";
import { labelIndex, Store } from "./store.ts";
import { configMap } from "./testing/objects.ts";

const put = (store: Store<ConfigMap>, object: ConfigMap) => store.put(store.prepare(object));
const namesOf = (objects: readonly { metadata: { name: string } }[]) =>
  objects.map(({ metadata }) => metadata.name).sort();

test("a label index, a namespace and further labels select together", () => {
  const store = new Store<ConfigMap>(labelIndex("app"));
  put(store, configMap("a", 1, { labels: { app: "x", tier: "1" } }));
  put(store, configMap("b", 1, { labels: { app: "x", tier: "2" } }));
  put(store, configMap("c", 1, { labels: { app: "y" } }));
  put(store, configMap("d", 1, { namespace: "other", labels: { app: "x" } }));
  assert.deepEqual(namesOf(store.list({ labels: { app: "x" } })), ["a", "b", "d"]);
  assert.deepEqual(namesOf(store.list({ namespace: "ns", labels: { app: "x" } })), ["a", "b"]);
  assert.deepEqual(namesOf(store.list({ labels: { app: "x", tier: "2" } })), ["b"]);
  assert.deepEqual(namesOf(store.list({ labels: { app: "none" } })), []);
  assert.deepEqual(namesOf(store.byIndex("label:app", "y")), ["c"]);
});

test("an object that moved is found under its new values only, and nothing is left of one that is gone", () => {
  const store = new Store<ConfigMap>(labelIndex("app"));
  put(store, configMap("a", 1, { labels: { app: "x" } }));
  assert.equal(put(store, configMap("a", 2, { labels: { app: "y" } }))?.metadata.resourceVersion, "1");
  assert.deepEqual(
    [namesOf(store.list({ labels: { app: "x" } })), namesOf(store.list({ labels: { app: "y" } }))],
    [[], ["a"]],
  );
  assert.equal(store.delete("ns/a")?.metadata.resourceVersion, "2");
  assert.equal(store.delete("ns/a"), undefined);
  assert.deepEqual([store.size, store.indexedValues], [0, 0]);
});

test("an index that does not exist is an error, not an empty answer", () => {
  assert.throws(() => new Store().byIndex("labels:app", "x"), /no index "labels:app"/);
});

test("a list by an indexed label looks at no other object", () => {
  let looked = 0;
  const store = new Store<ConfigMap>(labelIndex("app"));
  for (let index = 0; index < 1_000; index++) {
    const object = configMap(`o${index}`, 1, { labels: { app: `app-${index}` } });
    const entry = store.prepare(object);
    store.put({
      ...entry,
      get object() {
        looked++;
        return entry.object;
      },
    });
  }
  looked = 0;
  assert.equal(store.list({ labels: { app: "app-7" } }).length, 1);
  assert.ok(looked <= 2, `looked at ${looked} objects`);
});

test("every selection gives what a scan of all objects gives", () => {
  const label = fc.constantFrom("x", "y", undefined);
  const change = fc.record({
    name: fc.constantFrom("a", "b", "c"),
    namespace: fc.constantFrom("n1", "n2"),
    app: label,
    tier: label,
    gone: fc.boolean(),
  });
  const labelsOf = (app: string | undefined, tier: string | undefined) => ({
    ...(app !== undefined && { app }),
    ...(tier !== undefined && { tier }),
  });
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 30 }),
      label,
      label,
      fc.constantFrom("n1", undefined),
      (changes, app, tier, namespace) => {
        const store = new Store<ConfigMap>(labelIndex("app"));
        const all = new Map<string, ConfigMap>();
        for (const { name, namespace: ns, app: a, tier: t, gone } of changes) {
          const object = configMap(name, 1, { namespace: ns, labels: labelsOf(a, t) });
          if (gone) store.delete(`${ns}/${name}`);
          else put(store, object);
          if (gone) all.delete(`${ns}/${name}`);
          else all.set(`${ns}/${name}`, object);
        }
        const wanted = labelsOf(app, tier);
        const scan = [...all.values()].filter(
          ({ metadata }) =>
            (namespace === undefined || metadata.namespace === namespace) &&
            Object.entries(wanted).every(([name, value]) => metadata.labels?.[name] === value),
        );
        const listed = store.list({ labels: wanted, ...(namespace !== undefined && { namespace }) });
        const ids = (objects: readonly { metadata: { name: string; namespace?: string } }[]) =>
          objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort();
        assert.deepEqual(ids(listed), ids(scan));
      },
    ),
  );
});
