/** Every CEL rule on the real API server: what it lets through, and what it refuses with which message. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type ControlPlane, startControlPlane } from "#devcluster";
import { type CelRuleId, celRules } from "../schema/rules.ts";
import { type AdmissionServer, connect, type Verdict } from "./admission-server.ts";
import { immutableCases } from "./immutable-cases.ts";
import type { RuleCase, RuleCases } from "./rule-case.ts";
import { seiNodeRuleCases } from "./seinode-rule-cases.ts";
import { seiNodeDeploymentRuleCases } from "./seinodedeployment-rule-cases.ts";
import { seiNodeTaskRuleCases } from "./seinodetask-rule-cases.ts";

// The type demands a row for each rule id: a new rule without cases does not compile.
const cases: Readonly<Record<CelRuleId, RuleCases>> = {
  ...seiNodeRuleCases,
  ...seiNodeDeploymentRuleCases,
  ...seiNodeTaskRuleCases,
};

let controlPlane: ControlPlane;
let server: AdmissionServer;

before(async () => {
  controlPlane = await startControlPlane();
  await controlPlane.installCrds();
  server = connect(controlPlane);
});

after(async () => {
  await server?.close();
  await controlPlane?.stop();
});

async function judge({ from, to }: Pick<RuleCase, "from" | "to">): Promise<Verdict> {
  return from === undefined ? server.tryCreate(to) : server.tryReplace(await server.create(from), to);
}

/** The rules the answer names. A cause no rule accounts for is listed as it is, so that the comparison shows it. */
function violatedRules(verdict: Verdict): string[] {
  const entries = Object.entries(celRules);
  return verdict.causes
    .map(
      ({ field, message }) =>
        entries.find(([, rule]) => message.includes(rule.message))?.[0] ?? `${field}: ${message}`,
    )
    .sort();
}

for (const id of Object.keys(celRules) as CelRuleId[]) {
  describe(`rule ${id}: ${celRules[id].message}`, () => {
    const { accepts, rejects } = cases[id];
    test("has cases on both sides", () => {
      assert.ok(accepts.length > 0 && rejects.length > 0);
    });
    for (const each of accepts) {
      test(`accepts ${each.situation}`, async () => {
        const verdict = await judge(each);
        assert.ok(verdict.accepted, verdict.text);
      });
    }
    for (const each of rejects) {
      test(`rejects ${each.situation}`, async () => {
        const verdict = await judge(each);
        assert.equal(verdict.accepted, false, verdict.text);
        assert.deepEqual(violatedRules(verdict), [id, ...(each.also ?? [])].sort(), verdict.text);
      });
    }
  });
}

describe("immutable leaves", () => {
  for (const { path, from, changed, dropped } of immutableCases) {
    test(`${path} cannot be changed, and may be sent again as it is`, async () => {
      const stored = await server.create(from);
      assert.ok((await server.tryReplace(stored, from)).accepted);
      const verdict = await server.tryReplace(stored, changed);
      assert.equal(verdict.accepted, false);
      assert.deepEqual(
        verdict.causes.map(({ field }) => field),
        [path],
      );
      assert.match(verdict.text, /is immutable/);
    });
    if (dropped === undefined) continue;
    test(`${path} can go away with its optional parent`, async () => {
      const verdict = await server.tryReplace(await server.create(from), dropped);
      assert.ok(verdict.accepted, verdict.text);
    });
  }
});

test("the messages keep the fragments that clients look for", () => {
  const fragments: Partial<Record<CelRuleId, string>> = {
    S1: "exactly one of",
    G2: "spec.genesis is immutable",
    G3: "must have replicas: 1",
    U1: "haltHeight > 0",
    U2: "must be InPlace",
    U3: "must be InPlace",
    U4: "must be InPlace",
    T1: "exactly one of govSoftwareUpgrade, govVote, awaitCondition, updateNodeImage, awaitNodesAtHeight, discoverPeers, restartSeid, markReady",
    T2: "spec.govSoftwareUpgrade is required when kind=GovSoftwareUpgrade",
    T3: "spec.govVote is required when kind=GovVote",
    T4: "spec.awaitCondition is required when kind=AwaitCondition",
    T5: "spec.updateNodeImage is required when kind=UpdateNodeImage",
    T6: "spec.awaitNodesAtHeight is required when kind=AwaitNodesAtHeight",
    T7: "spec.discoverPeers is required when kind=DiscoverPeers",
    T8: "spec.restartSeid is required when kind=RestartSeid",
    T9: "spec.markReady is required when kind=MarkReady",
    T10: "spec.kind is immutable",
    A1: "exactly one condition must be set (currently: height)",
  };
  for (const [id, fragment] of Object.entries(fragments)) {
    const { message } = celRules[id as CelRuleId];
    assert.ok(message.includes(fragment), `${id}: ${message}`);
  }
});

test("an object without a spec is admitted, and no spec rule runs for it", async () => {
  for (const kind of ["SeiNode", "SeiNodeDeployment", "SeiNodeTask"] as const) {
    const verdict = await server.tryCreate({ kind });
    assert.ok(verdict.accepted, verdict.text);
  }
});
