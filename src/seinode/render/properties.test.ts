import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { IPodSpec } from "kubernetes-models/v1";
import type { SeiNode } from "#api";
import type { Settings } from "../../settings.ts";
import { anySettings, testNode, validSpec } from "./fixtures.ts";
import {
  renderDataVolumeClaim,
  renderHeadlessService,
  renderRbacProxyConfig,
  renderStatefulSet,
  resourceLabels,
} from "./index.ts";

const node = validSpec.map((spec) => ({ ...testNode(), spec }));

function renderAll(of: SeiNode, settings: Settings) {
  return [
    renderStatefulSet(of, settings),
    renderHeadlessService(of),
    renderRbacProxyConfig(of),
    renderDataVolumeClaim(of, settings),
  ];
}

test("rendering is deterministic, whatever the order of the keys in the spec", () => {
  fc.assert(
    fc.property(node, anySettings, (of, settings) => {
      const shuffled = { ...of, spec: reversed(of.spec) as SeiNode["spec"] };
      assert.equal(
        JSON.stringify(renderAll(shuffled, settings)[1]),
        JSON.stringify(renderAll(of, settings)[1]),
      );
      assert.deepEqual(renderAll(shuffled, settings), renderAll(of, settings));
    }),
  );
});

test("rendering neither changes its input nor shares parts with it or with another rendering", () => {
  fc.assert(
    fc.property(node, anySettings, (of, settings) => {
      const before = JSON.stringify(of);
      const first = renderAll(deepFreeze(structuredClone(of)), settings);
      const second = JSON.stringify(renderAll(of, settings));
      assert.doesNotThrow(() => scribble(first));
      assert.equal(JSON.stringify(renderAll(of, settings)), second);
      assert.equal(JSON.stringify(of), before);
    }),
  );
});

test("nothing rendered is undefined, null or left over empty, except the emptyDir", () => {
  fc.assert(
    fc.property(node, anySettings, (of, settings) => {
      for (const object of renderAll(of, settings)) assertFilled(object, object.kind);
    }),
  );
});

test("the selector is the node's name alone, and system labels win on every object", () => {
  fc.assert(
    fc.property(node, anySettings, (of, settings) => {
      const { selector, template } = renderStatefulSet(of, settings).spec;
      assert.deepEqual(selector.matchLabels, { "sei.io/node": "node-0" });
      assert.deepEqual(renderHeadlessService(of).spec.selector, { "sei.io/node": "node-0" });
      const labels = resourceLabels(of);
      for (const object of [...renderAll(of, settings), template]) {
        assert.deepEqual(object.metadata?.labels, labels);
      }
      assert.equal(labels["sei.io/node"], "node-0");
      assert.equal(labels["sei.io/chain"], of.spec.chainId);
      const { podLabels = {} } = of.spec;
      for (const [key, value] of Object.entries(podLabels)) {
        if (!/^sei\.io\/(node|chain|role)$/.test(key)) assert.equal(labels[key], value);
      }
    }),
  );
});

test("key material is only where it belongs", () => {
  const allowed: Readonly<Record<string, string>> = {
    "signing-key": "seid",
    "node-key": "seid",
    "operator-keyring": "sei-sidecar",
  };
  fc.assert(
    fc.property(node, anySettings, (of, settings) => {
      const pod = renderStatefulSet(of, settings).spec.template.spec as IPodSpec;
      const secretVolumes = (pod.volumes ?? [])
        .filter(({ secret }) => secret !== undefined)
        .map(({ name }) => name);
      if (of.spec.validator === undefined) assert.deepEqual(secretVolumes, []);
      for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
        for (const mount of container.volumeMounts ?? []) {
          if (!secretVolumes.includes(mount.name)) continue;
          assert.equal(container.name, allowed[mount.name]);
          assert.equal(mount.readOnly, true);
        }
        const fromSecret = (container.env ?? []).filter(
          ({ valueFrom }) => valueFrom?.secretKeyRef !== undefined,
        );
        if (container.name !== "sei-sidecar") assert.deepEqual(fromSecret, []);
        assert.ok(fromSecret.every(({ name }) => name === "SEI_KEYRING_PASSPHRASE"));
        assert.equal(container.envFrom, undefined);
      }
    }),
  );
});

test("nothing is rendered that Kubernetes itself would expand or that a shell would run twice", () => {
  fc.assert(
    fc.property(node, anySettings, (of, settings) => {
      const pod = renderStatefulSet(of, settings).spec.template.spec as IPodSpec;
      for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
        for (const text of [...(container.command ?? []), ...(container.args ?? [])]) {
          assert.doesNotMatch(text, /\$\(|\$\$|`/);
        }
      }
    }),
  );
});

/** The same value with the keys of each map in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

function assertFilled(value: unknown, path: string): void {
  assert.ok(value !== undefined && value !== null, `${path} is ${value}`);
  if (typeof value !== "object") return;
  const members = Object.entries(value);
  if (path.endsWith(".emptyDir")) assert.equal(members.length, 0);
  else assert.ok(members.length > 0, `${path} is empty`);
  for (const [key, member] of members) assertFilled(member, `${path}.${key}`);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

/** Writes into every object it reaches, as a careless caller would. Throws on a part that is frozen. */
function scribble(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const member of Object.values(value)) scribble(member);
  (value as Record<string, unknown>).scribbled = true;
}
