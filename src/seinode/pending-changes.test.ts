import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { SeiNodeSpec, SeiNodeStatus } from "#api";
import { podFieldHashes } from "./applied-pod.ts";
import { wantedConfig } from "./config-intent.ts";
import { findPendingChanges, pendingChangesCondition } from "./pending-changes.ts";
import { byoKeys } from "./render/fixtures.ts";
import { shortHash } from "./short-hash.ts";
import { seiNode } from "./testing.ts";

type Spec = Partial<SeiNodeSpec>;
type Applied = NonNullable<SeiNodeStatus["applied"]>;

/** What is recorded once everything of `spec` is in effect. */
function appliedFor(spec: Spec): Applied {
  const node = seiNode(spec);
  const keys = Object.fromEntries(
    Object.entries(wantedConfig(node)).map(([key, value]) => [key, shortHash(value)]),
  );
  return { config: { keys }, pod: { revision: "rev-1", fields: podFieldHashes(node) } };
}

const find = (was: Spec, is: Spec) => findPendingChanges(seiNode(is), appliedFor(was), "pod/0");
const nothing = { config: [], removed: [], restart: false, pod: [] };

const noCondition = { waitsForUnpause: false };
function said(was: Spec, is: Spec, context = noCondition) {
  const node = seiNode(is);
  return pendingChangesCondition(node, find(was, is), context);
}

describe("which fields are pending", () => {
  const validator = (more: object) => ({ validator: { ...byoKeys, ...more } });
  const keyring = (change: object, passphrase: object = {}) => {
    const given = byoKeys.operatorKeyring?.secret;
    assert.ok(given);
    const passphraseSecretRef = { ...given.passphraseSecretRef, ...passphrase };
    return { operatorKeyring: { secret: { ...given, ...change, passphraseSecretRef } } };
  };
  const cases: readonly [what: string, was: Spec, is: Spec, expected: Partial<typeof nothing> | object][] = [
    [
      "an override that changes",
      { overrides: { "evm.slow": "a" } },
      { overrides: { "evm.slow": "b" } },
      { config: ["overrides (evm.slow)"] },
    ],
    ["an override that is new", {}, { overrides: { "evm.slow": "a" } }, { config: ["overrides (evm.slow)"] }],
    ["an override that is taken away", { overrides: { "evm.slow": "a" } }, {}, { removed: ["evm.slow"] }],
    [
      "an override that the operator forces to its own value",
      {},
      { overrides: { "logging.level": "debug" } },
      {},
    ],
    ["the external address", {}, { externalAddress: "a:1" }, { config: ["externalAddress"] }],
    [
      "an external address that is taken away",
      { externalAddress: "a:1" },
      {},
      { config: ["externalAddress"] },
    ],
    [
      "an external address under an override that stays",
      { externalAddress: "a:1", overrides: { "network.p2p.external_address": "x:1" } },
      { externalAddress: "b:1", overrides: { "network.p2p.external_address": "x:1" } },
      {},
    ],
    [
      "how many snapshots are kept",
      { archive: { snapshotGeneration: { tendermint: { keepRecent: 2 } } } },
      { archive: { snapshotGeneration: { tendermint: { keepRecent: 3 } } } },
      { config: ["snapshotGeneration"] },
    ],
    [
      "resources of the sidecar",
      {},
      { sidecar: { port: 7777, resources: { limits: { cpu: "1" } } } },
      { pod: ["sidecar.resources"] },
    ],
    ["empty resources instead of none", {}, { sidecar: { port: 7777, resources: { limits: {} } } }, {}],
    ["port of the sidecar", {}, { sidecar: { port: 7000 } }, { pod: ["sidecar.port"] }],
    ["image of the sidecar, which starts an update", {}, { sidecar: { port: 7777, image: "other" } }, {}],
    ["image, which starts an update", {}, { image: "sei:v9" }, {}],
    ["labels of the pod", { podLabels: { a: "1" } }, { podLabels: { a: "2" } }, { pod: ["podLabels"] }],
    ["sei.io/revision", { podLabels: { a: "1" } }, { podLabels: { a: "1", "sei.io/revision": "9" } }, {}],
    ["a label that the system's own wins over", {}, { podLabels: { "sei.io/node": "mine" } }, {}],
    [
      "keys",
      { validator: {} },
      { validator: { signingKey: byoKeys.signingKey, nodeKey: byoKeys.nodeKey } as never },
      { pod: ["validator.signingKey", "validator.nodeKey"] },
    ],
    [
      "the key of the passphrase",
      validator({}),
      validator(keyring({}, { key: "other" })),
      { pod: ["validator.operatorKeyring"] },
    ],
    [
      "the keyring's key name, which is not in the pod",
      validator({}),
      validator(keyring({ keyName: "b" })),
      {},
    ],
    [
      "another volume",
      {},
      { dataVolume: { import: { pvcName: "old-disk" } } },
      { pod: ["dataVolume.import"] },
    ],
    ["peers, which only init writes", {}, { peers: [{ static: { addresses: ["a@b:1"] } }] }, {}],
    ["pausing", {}, { paused: true }, {}],
  ];
  for (const [what, was, is, expected] of cases) {
    test(what, () => assert.deepEqual(find(was, is), { ...nothing, ...expected }));
  }

  test("nothing is pending without a record, nor for a field the record does not know", () => {
    const node = seiNode({ overrides: { "evm.slow": "1" }, podLabels: { a: "1" } });
    assert.deepEqual(findPendingChanges(node, {}, "pod/0"), nothing);
    const { podLabels: _, ...fields } = podFieldHashes(seiNode());
    const applied = { pod: { revision: "r", fields } };
    assert.deepEqual(findPendingChanges(node, applied, "pod/0"), nothing);
  });

  test("a restart is pending as long as the run of seid is the one that was under way", () => {
    const { config } = appliedFor({});
    assert.ok(config);
    const applied = { config: { ...config, seid: "pod/0" } };
    const restart = (run: string | undefined) => findPendingChanges(seiNode(), applied, run).restart;
    assert.deepEqual(
      [restart("pod/0"), restart("pod/1"), restart("other/0"), restart(undefined)],
      [true, false, false, false],
    );
  });

  test("whatever the spec: what is in effect is not pending, and an edited label or override is", () => {
    const key = fc.constantFrom(
      "evm.slow",
      "mempool.size",
      "storage.pruning",
      "network.p2p.external_address",
    );
    const value = fc.string({ maxLength: 5 });
    const spec = fc.record({
      overrides: fc.dictionary(key, value),
      podLabels: fc.dictionary(fc.constantFrom("a", "b"), value),
      externalAddress: value,
    });
    fc.assert(
      fc.property(spec, spec, (was, is) => {
        assert.deepEqual(find(was, was), nothing);
        const found = find(was, is);
        const labels = (of: typeof was) => JSON.stringify(Object.entries(of.podLabels).sort());
        assert.equal(found.pod.includes("podLabels"), labels(was) !== labels(is));
        const [before, after] = [wantedConfig(seiNode(was)), wantedConfig(seiNode(is))];
        const differs = Object.keys(after).some((name) => before[name] !== after[name]);
        assert.equal(found.config.length > 0, differs);
      }),
    );
  });
});

describe("what is said", () => {
  test("both kinds of edits, each with what puts it into effect, sorted and without values", () => {
    const is = {
      overrides: { "mempool.size": "12345", "evm.slow": "true" },
      externalAddress: "host.example:26656",
      podLabels: { team: "12345" },
    };
    assert.deepEqual(said({}, is), {
      type: "PendingChanges",
      status: "True",
      reason: "PodAndConfigPending",
      message:
        "overrides (evm.slow, mempool.size), externalAddress changed and not in effect: set the annotation " +
        "sei.io/apply-config to a new value, which writes the configuration and restarts seid; " +
        "podLabels changed and not in effect: comes with the next pod, so update spec.image or delete pod rpc-0-0",
    });
  });

  test("many keys are cut short", () => {
    const names = [
      "http_port",
      "ws_port",
      "slow",
      "deny_list",
      "trace_timeout",
      "ws_origins",
      "cors_origins",
    ];
    const more = ["worker_pool_size", "worker_queue_size", "idle_timeout", "read_timeout", "ws_enabled"];
    const overrides = Object.fromEntries([...names, ...more].map((name) => [`evm.${name}`, "1"]));
    assert.match(
      said({}, { overrides }).message,
      /^overrides \((evm\.\w+, ){9}evm\.\w+ and 2 more\) changed/,
    );
  });

  test("a request that waits for the node to be unpaused is not asked for once more", () => {
    const is = { overrides: { "evm.slow": "1" } };
    const { message } = said({}, is, { waitsForUnpause: true });
    assert.match(message, /followed once the node is unpaused$/);
  });

  test("nothing", () => {
    const { status, reason, message } = said({}, {});
    assert.deepEqual([status, reason, message], ["False", "NothingPending", ""]);
  });
});
