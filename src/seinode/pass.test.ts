import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#clock";
import type { Logger } from "#kube";
import { FakeClient } from "../kube/testing/fake-client.ts";
import { observePod, openPass } from "./pass.ts";
import { pod, seiNode } from "./testing.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const { signal } = new AbortController();

async function podSeen(...pods: ReturnType<typeof pod>[]): Promise<string | undefined> {
  const { client } = new FakeClient().put(...pods);
  const node = seiNode({}, { statefulSet: { name: "rpc-0", uid: "sts-uid" } });
  const pass = openPass({ clock: new ManualClock() }, "sei/rpc-0", node, { signal, log: quiet });
  await observePod({ client }, pass);
  return pass.pod?.metadata.name;
}

function named(name: string, metadata: object = {}) {
  const base = pod();
  return { ...base, metadata: { ...base.metadata, name, uid: name, ...metadata } };
}

test("the node's pod is the one with ordinal 0, whatever else a StatefulSet scaled by hand has made", async () => {
  assert.equal(await podSeen(named("rpc-0-1"), named("rpc-0-0")), "rpc-0-0");
  assert.equal(await podSeen(named("rpc-0-1")), undefined);
});

test("a pod that is terminating, or that another StatefulSet owns, is not the node's", async () => {
  assert.equal(await podSeen(named("rpc-0-0", { deletionTimestamp: "2026-01-01T00:00:00Z" })), undefined);
  assert.equal(await podSeen(named("rpc-0-0", { ownerReferences: [] })), undefined);
});
