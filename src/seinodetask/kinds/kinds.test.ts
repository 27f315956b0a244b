/** What each kind sends, for which payload and which target. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeiNode, SeiNodeTaskSpec } from "#api";
import { InvalidParamsError } from "#sidecar";
import { ParamsError } from "../errors.ts";
import { payloads, seiNode, seiNodeTask } from "../testing.ts";
import { kindOf } from "./index.ts";
import { transactionOf } from "./transaction.ts";

function paramsOf(
  kind: SeiNodeTaskSpec["kind"],
  spec: Partial<SeiNodeTaskSpec> = {},
  node: SeiNode = seiNode(),
) {
  return kindOf(kind)?.params(seiNodeTask(kind, spec).spec, node);
}

const peer = (name: string) => `${"0123456789".repeat(4)}@${name}:26656`;
const { govSoftwareUpgrade } = payloads.GovSoftwareUpgrade;
const { govVote } = payloads.GovVote;

test("each kind has its type of work, its time limit, and a payload that reads back", () => {
  const expected: Record<SeiNodeTaskSpec["kind"], readonly [string, number | undefined]> = {
    GovSoftwareUpgrade: ["gov-software-upgrade", undefined],
    GovVote: ["gov-vote", undefined],
    AwaitCondition: ["await-condition", undefined],
    UpdateNodeImage: ["update-node-image", undefined],
    AwaitNodesAtHeight: ["await-condition", undefined],
    DiscoverPeers: ["discover-peers", 120_000],
    RestartSeid: ["restart-seid", 600_000],
    MarkReady: ["mark-ready", 120_000],
  };
  const node = seiNode({ peers: [{ static: { addresses: [peer("a")] } }] });
  for (const [kind, [type, limit]] of Object.entries(expected)) {
    const known = kindOf(kind);
    assert.equal(known?.taskType, type);
    assert.equal(known.timeLimitMs, limit, kind);
    known.check(paramsOf(kind as SeiNodeTaskSpec["kind"], {}, node));
  }
});

test("a name that every object has is no kind", () => {
  for (const name of ["constructor", "toString", "", "RestartPod"])
    assert.equal(kindOf(name), undefined, name);
});

test("RestartSeid and MarkReady send no params", () => {
  assert.equal(paramsOf("RestartSeid"), undefined);
  assert.equal(paramsOf("MarkReady"), undefined);
});

test("AwaitNodesAtHeight and AwaitCondition wait for a height; only the latter acts", () => {
  const height = { condition: "height", targetHeight: 10 };
  assert.deepEqual(paramsOf("AwaitNodesAtHeight"), height);
  assert.deepEqual(paramsOf("AwaitCondition"), height);
  const awaitCondition = { height: { targetHeight: 10 }, action: "SIGTERM_SEID" as const };
  assert.deepEqual(paramsOf("AwaitCondition", { awaitCondition }), { ...height, action: "SIGTERM_SEID" });
});

test("AwaitCondition without a height, past admission, says that it is required", () => {
  assert.throws(
    () => paramsOf("AwaitCondition", { awaitCondition: { action: "SIGTERM_SEID" } }),
    (error) => error instanceof ParamsError && /height is required/.test(error.message),
  );
});

describe("16.6: DiscoverPeers", () => {
  const label = { label: { selector: { "sei.io/nodedeployment": "sentry" } } };

  test("sends the target's sources in order, a label as what it resolved to", () => {
    const node = seiNode(
      {
        peers: [
          { ec2Tags: { region: "eu-central-1", tags: { Chain: "pacific-1" } } },
          label,
          { static: { addresses: [peer("a"), peer("b")] } },
        ],
      },
      { resolvedPeers: [peer("c")] },
    );
    assert.deepEqual(paramsOf("DiscoverPeers", {}, node), {
      sources: [
        { type: "ec2Tags", region: "eu-central-1", tags: { Chain: "pacific-1" } },
        { type: "static", addresses: [peer("c")] },
        { type: "static", addresses: [peer("a"), peer("b")] },
      ],
    });
  });

  test("a label that resolved to nothing drops out, and only that", () => {
    const node = seiNode({ peers: [label, { static: { addresses: [peer("a")] } }] });
    assert.deepEqual(paramsOf("DiscoverPeers", {}, node), {
      sources: [{ type: "static", addresses: [peer("a")] }],
    });
  });

  test("without a usable source nothing could be sent but what wipes the peers", () => {
    for (const peers of [[], [label]])
      assert.throws(() => paramsOf("DiscoverPeers", {}, seiNode({ peers })), /no usable peer sources/);
  });
});

describe("transactions", () => {
  const keyring = (keyName?: string) => ({
    operatorKeyring: {
      secret: {
        secretName: "keyring",
        passphraseSecretRef: { secretName: "pass", key: "passphrase" },
        ...(keyName !== undefined && { keyName }),
      },
    },
  });
  const validator = (spec: object) => {
    const { fullNode: _, ...rest } = seiNode().spec;
    return { ...seiNode(), spec: { ...rest, validator: spec } } as SeiNode;
  };

  test("16.7: the key: explicit, then the keyring's entry, then node_admin; without a keyring the ceremony's", () => {
    const cases: readonly (readonly [string | undefined, SeiNode, string])[] = [
      ["mine", validator(keyring("theirs")), "mine"],
      [undefined, validator(keyring("theirs")), "theirs"],
      [undefined, validator(keyring("")), "node_admin"],
      [undefined, validator(keyring()), "node_admin"],
      [undefined, validator({}), "validator"],
      [undefined, seiNode(), "validator"],
    ];
    for (const [keyName, node, expected] of cases) {
      const explicit = keyName === undefined ? {} : { keyName };
      const vote = paramsOf("GovVote", { govVote: { ...govVote, option: "yes", ...explicit } }, node);
      assert.equal(vote?.keyName, expected);
      const upgrade = { govSoftwareUpgrade: { ...govSoftwareUpgrade, ...explicit } };
      assert.equal(paramsOf("GovSoftwareUpgrade", upgrade, node)?.keyName, expected);
    }
  });

  test("send their payload under the same names, optional texts only when there is something in them", () => {
    assert.deepEqual(paramsOf("GovVote"), { ...govVote, keyName: "validator" });
    assert.deepEqual(paramsOf("GovVote", { govVote: { ...govVote, option: "no_with_veto", memo: "" } }), {
      ...govVote,
      option: "no_with_veto",
      keyName: "validator",
    });
    assert.deepEqual(
      paramsOf("GovSoftwareUpgrade", {
        govSoftwareUpgrade: { ...govSoftwareUpgrade, memo: "m", upgradeInfo: "{}" },
      }),
      { ...govSoftwareUpgrade, keyName: "validator", memo: "m", upgradeInfo: "{}" },
    );
  });

  test("10.2: what the sidecar would never accept is refused before anything is sent", () => {
    assert.throws(
      () => paramsOf("GovVote", { govVote: { ...govVote, option: "maybe" as "yes" } }),
      InvalidParamsError,
    );
    assert.throws(
      () => paramsOf("GovVote", { govVote: { ...govVote, option: "yes", gas: 0 } }),
      InvalidParamsError,
    );
  });

  test("outputs: hash in upper case, numbers also where they come as text, nothing where there is nothing", () => {
    const cases: readonly (readonly [unknown, object | undefined])[] = [
      [
        { txHash: "ab", height: 7, proposalId: 3 },
        { txHash: "AB", height: 7, proposalId: 3 },
      ],
      [
        { txHash: "AB", height: "7", proposalId: "3" },
        { txHash: "AB", height: 7, proposalId: 3 },
      ],
      [{ txHash: "AB", inclusionStatus: "pending" }, { txHash: "AB" }],
      [{ height: 0, proposalId: -1, txHash: "" }, undefined],
      [{ height: 2 ** 60, txHash: 7 }, undefined],
      [{ height: "soon" }, undefined],
      [undefined, undefined],
      [null, undefined],
      ["AB", undefined],
      [[], undefined],
    ];
    for (const [result, expected] of cases)
      assert.deepEqual(transactionOf(result), expected, JSON.stringify(result));
    assert.deepEqual(kindOf("GovSoftwareUpgrade")?.outputs?.({ txHash: "AB", proposalId: 3 }), {
      govSoftwareUpgrade: { txHash: "AB", proposalId: 3 },
    });
    assert.deepEqual(kindOf("GovVote")?.outputs?.({ txHash: "AB", height: 7, proposalId: 3 }), {
      govVote: { txHash: "AB", height: 7 },
    });
    assert.equal(kindOf("GovVote")?.outputs?.({ proposalId: 3 }), undefined);
  });
});
