/** The SeiNode of an ordinal, as the group wants it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNodeDeployment } from "#api";
import { groupSettings, groupSpec, orphan, type SpecOptions, V1, V2, validators } from "../testing.ts";
import { renderChild } from "./child.ts";

function group(spec = groupSpec()): SeiNodeDeployment {
  return {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNodeDeployment",
    metadata: { name: "rpc", namespace: "sei", uid: "u", resourceVersion: "1", generation: 7 },
    spec,
  };
}

const render = (options: SpecOptions = {}, ordinal = 0) => {
  const of = group(groupSpec(options));
  return renderChild(of, ordinal, groupSettings, { images: of.spec.template.spec });
};

const own = {
  "sei.io/nodedeployment": "rpc",
  "sei.io/nodedeployment-ordinal": "2",
  "sei.io/revision": "7",
  "sei.io/chain": "pacific-1",
};

test("names are the group's and the ordinal; the namespace is the group's", () => {
  assert.equal(render().metadata.name, "rpc-0");
  assert.deepEqual([render({}, 2).metadata.name, render({}, 2).metadata.namespace], ["rpc-2", "sei"]);
});

test("system labels: revision equals the generation, chain the template's chainId", () => {
  assert.deepEqual(render({}, 2).metadata.labels, own);
});

test("user labels are merged; a user's attempt at the four system labels loses", () => {
  const stolen = Object.fromEntries(Object.keys(own).map((key) => [key, "stolen"]));
  const { labels } = render({ metadata: { labels: { team: "a", ...stolen } } }, 2).metadata;
  assert.deepEqual(labels, { team: "a", ...own });
});

test("pod labels: metadata labels, over them podLabels, over all the system's", () => {
  const { podLabels } = render({
    metadata: { labels: { a: "metadata", b: "metadata" } },
    template: {
      podLabels: { b: "pod", c: "pod", "sei.io/nodedeployment": "stolen", "sei.io/revision": "0" },
    },
  }).spec;
  assert.deepEqual(podLabels, {
    a: "metadata",
    b: "pod",
    c: "pod",
    "sei.io/nodedeployment": "rpc",
    "sei.io/revision": "7",
  });
  assert.equal(render().spec.podLabels?.["sei.io/nodedeployment"], "rpc");
});

test("annotations are copied; absent when the template has none", () => {
  assert.deepEqual(render({ metadata: { annotations: { a: "b" } } }).metadata.annotations, { a: "b" });
  assert.ok(!("annotations" in render().metadata));
  assert.ok(!("annotations" in render({ metadata: { annotations: {} } }).metadata));
});

test("changing a generated child leaves the template untouched", () => {
  const of = group(
    groupSpec({ template: { peers: [{ static: { addresses: ["a"] } }], overrides: { a: "b" } } }),
  );
  const before = structuredClone(of);
  const child = renderChild(of, 0, groupSettings, { images: of.spec.template.spec });
  child.spec.peers?.push({ label: { selector: {} } });
  child.spec.peers?.[0]?.static?.addresses.push("b");
  Object.assign(child.spec.overrides ?? {}, { c: "d" });
  Object.assign(child.spec.podLabels ?? {}, { c: "d" });
  assert.deepEqual(of, before);
});

test("externalAddress of the template is discarded; the group's own address is set with TCP and a domain", () => {
  assert.equal(render({ template: { externalAddress: "theirs:1" } }).spec.externalAddress, undefined);
  const of = group(groupSpec({ networking: { tcp: {} } }));
  const settings = { ...groupSettings, p2pEndpointDomain: "p2p.example.org" };
  const child = renderChild(of, 1, settings, { images: of.spec.template.spec });
  assert.equal(child.spec.externalAddress, "rpc-1-p2p.pacific-1.p2p.example.org:26656");
});

test("paused is not among the fields that are applied with the rest", () => {
  assert.ok(!("paused" in render({ template: { paused: true } }).spec));
});

test("what is never changed after creation comes from the node; what follows the template from the template", () => {
  const of = group(
    groupSpec({ template: { overrides: { a: "new" }, peers: [{ static: { addresses: ["p"] } }] } }),
  );
  const existing = orphan("rpc-0", {
    overrides: { a: "old" },
    externalAddress: "x:1",
    podLabels: { x: "y" },
    paused: true,
  });
  const { spec } = renderChild(of, 0, groupSettings, { existing, images: { image: V2 } });
  assert.deepEqual(spec, {
    chainId: "pacific-1",
    fullNode: {},
    overrides: { a: "old" },
    image: V2,
    podLabels: { "sei.io/nodedeployment": "rpc", "sei.io/revision": "7" },
    peers: [{ static: { addresses: ["p"] } }],
  });
});

test("the sidecar is replaced as a whole when image or port differs; its resources alone are not looked at", () => {
  const of = group();
  const sidecar = { image: "s:1", port: 7, resources: { requests: { cpu: "1" } } };
  const existing = orphan("rpc-0", { sidecar });
  const next = (wanted: object) =>
    renderChild(of, 0, groupSettings, { existing, images: { image: V1, sidecar: wanted } }).spec.sidecar;
  assert.deepEqual(next({ image: "s:1", port: 7 }), sidecar);
  assert.deepEqual(next({ image: "s:2", port: 7 }), { image: "s:2", port: 7 });
  assert.deepEqual(next({ image: "s:1", port: 8 }), { image: "s:1", port: 8 });
});

test("genesis: each validator has its index in the ceremony; a node that is there keeps what it has", () => {
  const genesis = { chainId: "devnet-1", stakingAmount: "1usei", accountBalance: "2usei" };
  const of = group(validators({ genesis, template: { chainId: "devnet-1" } }));
  const images = of.spec.template.spec;
  const { spec } = renderChild(of, 3, groupSettings, { images });
  assert.deepEqual(spec.validator?.genesisCeremony, { ...genesis, index: 3 });
  const existing = orphan("rpc-3", { validator: {} });
  assert.deepEqual(renderChild(of, 3, groupSettings, { existing, images }).spec.validator, {});
});
