import type { CelRuleId } from "../schema/rules.ts";
import { payloads, task } from "./drafts.ts";
import type { RuleCases } from "./rule-case.ts";

/** The rule that ties a kind to its payload: its own payload passes, any other one does not. */
function payloadCases(kind: string): RuleCases {
  return {
    accepts: [{ situation: `${kind} with its payload`, to: task(kind) }],
    rejects: Object.keys(payloads)
      .filter((other) => other !== kind)
      .map((other) => ({
        situation: `${kind} with the payload of ${other}`,
        to: task(kind, payloads[other]),
      })),
  };
}

export const seiNodeTaskRuleCases = {
  T1: {
    accepts: Object.keys(payloads).map((kind) => ({
      situation: `only the payload of ${kind}`,
      to: task(kind),
    })),
    rejects: [
      { situation: "no payload", to: task("RestartSeid", {}), also: ["T8"] },
      ...Object.keys(payloads)
        .filter((other) => other !== "RestartSeid")
        .map((other) => ({
          situation: `the payloads of RestartSeid and ${other}`,
          to: task("RestartSeid", { ...payloads.RestartSeid, ...payloads[other] }),
        })),
    ],
  },
  T2: payloadCases("GovSoftwareUpgrade"),
  T3: payloadCases("GovVote"),
  T4: payloadCases("AwaitCondition"),
  T5: payloadCases("UpdateNodeImage"),
  T6: payloadCases("AwaitNodesAtHeight"),
  T7: payloadCases("DiscoverPeers"),
  T8: payloadCases("RestartSeid"),
  T9: payloadCases("MarkReady"),
  T10: {
    accepts: [
      {
        situation: "the payload is edited",
        from: task("UpdateNodeImage"),
        to: task("UpdateNodeImage", { updateNodeImage: { image: "seid:v3" } }),
      },
      {
        situation: "the time limit is edited",
        from: task("RestartSeid"),
        to: task("RestartSeid", { restartSeid: {}, timeoutSeconds: 60 }),
      },
    ],
    rejects: [
      {
        situation: "kind and payload are switched together",
        from: task("RestartSeid"),
        to: task("MarkReady"),
      },
    ],
  },
  A1: {
    accepts: [{ situation: "a height to wait for", to: task("AwaitCondition") }],
    rejects: [
      { situation: "nothing to wait for", to: task("AwaitCondition", { awaitCondition: {} }) },
      {
        situation: "only an action",
        to: task("AwaitCondition", { awaitCondition: { action: "SIGTERM_SEID" } }),
      },
    ],
  },
} satisfies Partial<Record<CelRuleId, RuleCases>>;
