import assert from "node:assert/strict";
import { test } from "node:test";
import { Applier } from "./applier.ts";
import { configMaps } from "./resources.ts";
import { FakeClient } from "./testing/fake-client.ts";
import { configMap } from "./testing/objects.ts";

const { signal } = new AbortController();

test("without former managers, the first sight of an object costs the apply alone", async () => {
  const { live: existing, ...fake } = worldWith("former");
  const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "ns", name: "a" } };
  await new Applier(fake.client, "ours", []).apply(configMaps, manifest, existing, signal);
  assert.equal(fake.liveReads(), 0);
  await new Applier(fake.client, "ours", ["former"]).apply(configMaps, manifest, existing, signal);
  assert.equal(fake.liveReads(), 1);
  assert.deepEqual(
    fake.verbs().sort(),
    ["apply", "apply", "jsonPatch"],
    "and the fields of a former manager are taken over",
  );
});

function worldWith(manager: string) {
  const managedFields = [
    { manager, operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} },
  ];
  const fake = new FakeClient().put(configMap("a", 5, { managedFields }));
  let liveReads = 0;
  const { client } = fake;
  const live = {
    ...client.live,
    get: ((resource, key) => {
      liveReads++;
      return client.live.get(resource, key);
    }) as typeof client.live.get,
  };
  return {
    client: { ...client, live },
    live: configMap("a", 5),
    liveReads: () => liveReads,
    verbs: () => fake.writes.map(({ verb }) => verb),
  };
}
