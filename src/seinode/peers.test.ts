import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SeiNode } from "#api";
import {
  discoverPeersParams,
  labelSources,
  type MatchedPeer,
  matchPeers,
  mergeResolvedPeers,
  resolvedWitnesses,
} from "./peers.ts";
import { testNode } from "./render/fixtures.ts";

const rpc = { role: "rpc" };
const label = (selector: Record<string, string>, namespace?: string) => ({
  label: { selector, ...(namespace !== undefined && { namespace }) },
});
const idA = "a".repeat(40);
const idB = "b".repeat(40);

function peerNode(
  name: string,
  more: { namespace?: string; labels?: Record<string, string>; externalAddress?: string } = {},
): SeiNode {
  const { namespace = "sei", labels = rpc, externalAddress } = more;
  return testNode(externalAddress === undefined ? {} : { externalAddress }, { name, namespace, labels });
}

function asPeer(
  name: string,
  namespace = "sei",
  address = `${name}-0.${name}.${namespace}.svc.cluster.local:26656`,
): MatchedPeer {
  return { name, namespace, address, witness: `${name}-0.${name}.${namespace}.svc.cluster.local:26657` };
}

test("two label matches give two peers, sorted, with addresses inside the cluster", () => {
  const node = testNode({ peers: [label(rpc)] });
  assert.deepEqual(matchPeers(node, [peerNode("p2"), peerNode("p1"), peerNode("other", { labels: {} })]), [
    asPeer("p1"),
    asPeer("p2"),
  ]);
});

test("all labels of a selector must match", () => {
  const node = testNode({ peers: [label({ role: "rpc", tier: "1" })] });
  const nodes = [peerNode("p1"), peerNode("p2", { labels: { role: "rpc", tier: "1", more: "x" } })];
  assert.deepEqual(matchPeers(node, nodes), [asPeer("p2")]);
});

test("a peer's external address is used for P2P and never for the witness", () => {
  const node = testNode({ peers: [label(rpc)] });
  assert.deepEqual(matchPeers(node, [peerNode("p1", { externalAddress: "p1.example.org:26656" })]), [
    asPeer("p1", "sei", "p1.example.org:26656"),
  ]);
});

test("leaves the node itself out, and keeps a node of the same name in another namespace", () => {
  const node = testNode({ peers: [label(rpc), label(rpc, "other")] }, { labels: rpc });
  const nodes = [node, peerNode("node-0", { namespace: "other" }), peerNode("p1", { namespace: "third" })];
  assert.deepEqual(matchPeers(node, nodes), [asPeer("node-0", "other")]);
});

test("an absent or empty namespace means the node's own", () => {
  for (const source of [label(rpc), label(rpc, "")]) {
    const node = testNode({ peers: [source] });
    assert.deepEqual(labelSources(node), [{ namespace: "sei", selector: rpc }]);
    assert.deepEqual(matchPeers(node, [peerNode("p1"), peerNode("p1", { namespace: "other" })]), [
      asPeer("p1"),
    ]);
  }
});

test("overlapping selectors give each peer once", () => {
  const node = testNode({ peers: [label(rpc), label({ tier: "1" })] });
  assert.deepEqual(matchPeers(node, [peerNode("p1", { labels: { role: "rpc", tier: "1" } })]), [
    asPeer("p1"),
  ]);
});

test("sources other than labels match nothing", () => {
  const node = testNode({
    peers: [{ ec2Tags: { region: "eu", tags: { a: "b" } } }, { static: { addresses: ["x@y:1"] } }],
  });
  assert.deepEqual(matchPeers(node, [peerNode("p1")]), []);
  assert.deepEqual(matchPeers(testNode(), [peerNode("p1")]), []);
});

test("a peer without a spec is matched by its labels and reached inside the cluster", () => {
  const { spec: _, ...bare } = peerNode("p1");
  assert.deepEqual(matchPeers(testNode({ peers: [label(rpc)] }), [bare as SeiNode]), [asPeer("p1")]);
});

test("node ids and addresses make sorted entries, each once", () => {
  const matched = [asPeer("p1"), asPeer("p2"), asPeer("p3", "sei", asPeer("p1").address)];
  const ids = new Map([
    ["sei/p1", idB],
    ["sei/p2", idA],
    ["sei/p3", idB],
  ]);
  assert.deepEqual(mergeResolvedPeers(matched, ids, []), {
    peers: [`${idA}@${asPeer("p2").address}`, `${idB}@${asPeer("p1").address}`],
    preserved: [],
    skipped: [],
  });
});

test("a peer that cannot be asked keeps its earlier entry, and is skipped when it has none", () => {
  const [known, unknown] = [asPeer("p1"), asPeer("p2")];
  const prior = [`${idA}@${known.address}`, `${idB}@gone.example.org:26656`];
  assert.deepEqual(mergeResolvedPeers([known, unknown], new Map(), prior), {
    peers: [`${idA}@${known.address}`],
    preserved: [known],
    skipped: [unknown],
  });
});

test("a new node id replaces the earlier entry at the same address", () => {
  const peer = asPeer("p1");
  const merged = mergeResolvedPeers([peer], new Map([["sei/p1", idB]]), [`${idA}@${peer.address}`]);
  assert.deepEqual(merged.peers, [`${idB}@${peer.address}`]);
});

test("an entry is not kept for a peer whose address changed", () => {
  const peer = asPeer("p1", "sei", "new.example.org:26656");
  assert.deepEqual(mergeResolvedPeers([peer], new Map(), [`${idA}@old.example.org:26656`]).skipped, [peer]);
});

test("every matched peer is a witness on its RPC port, reachable or not", () => {
  const matched = [asPeer("p2"), asPeer("p1", "sei", "p1.example.org:26656")];
  assert.deepEqual(resolvedWitnesses(matched), [asPeer("p1").witness, asPeer("p2").witness]);
});

test("merging what was merged changes nothing, whatever could be asked", () => {
  const peers = fc.uniqueArray(
    fc.constantFrom("p1", "p2", "p3", "p4").map((name) => asPeer(name)),
    {
      selector: ({ name }) => name,
    },
  );
  fc.assert(
    fc.property(peers, fc.subarray(["p1", "p2", "p3", "p4"]), (matched, answering) => {
      const ids = new Map(answering.map((name) => [`sei/${name}`, name.slice(1).repeat(40)]));
      const once = mergeResolvedPeers(matched, ids, []);
      const again = mergeResolvedPeers(matched.toReversed(), new Map(), once.peers);
      assert.deepEqual(again.peers, once.peers);
      assert.deepEqual([...once.peers].sort(), once.peers);
      assert.equal(once.peers.length + once.skipped.length, matched.length);
    }),
  );
});

test("discover-peers carries each source in the sidecar's own words", () => {
  const node = testNode({
    peers: [
      { ec2Tags: { region: "eu-1", tags: { chain: "pacific-1" } } },
      { static: { addresses: ["x@y:1"] } },
      label(rpc),
    ],
  });
  assert.deepEqual(discoverPeersParams(node, { resolvedPeers: ["id@p1:26656"] }), {
    sources: [
      { type: "ec2Tags", region: "eu-1", tags: { chain: "pacific-1" } },
      { type: "static", addresses: ["x@y:1"] },
      { type: "static", addresses: ["id@p1:26656"] },
    ],
  });
});

test("D9: a label source with nothing resolved is skipped, the others stay", () => {
  const node = testNode({ peers: [label(rpc), { static: { addresses: ["x@y:1"] } }] });
  assert.deepEqual(discoverPeersParams(node, {}), { sources: [{ type: "static", addresses: ["x@y:1"] }] });
});

test("D9: without any source left there are no params, and so no task", () => {
  assert.equal(discoverPeersParams(testNode({ peers: [label(rpc)] }), { resolvedPeers: [] }), undefined);
  assert.equal(discoverPeersParams(testNode({ peers: [label(rpc)] })), undefined);
  assert.equal(discoverPeersParams(testNode({ peers: [] })), undefined);
  assert.equal(discoverPeersParams(testNode()), undefined);
});

test("resolved peers of the pass win over those in the node's status", () => {
  const node = { ...testNode({ peers: [label(rpc)] }), status: { resolvedPeers: ["old@p:1"] } };
  assert.deepEqual(discoverPeersParams(node), { sources: [{ type: "static", addresses: ["old@p:1"] }] });
  assert.equal(discoverPeersParams(node, { resolvedPeers: [] }), undefined);
});
