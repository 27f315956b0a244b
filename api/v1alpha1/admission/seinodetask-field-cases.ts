import { long, task } from "./drafts.ts";
import { ABSENT, type FieldCases, field } from "./field-case.ts";

const nonEmpty = (path: string) => field(path, ["x", "Any Text."], [ABSENT, "", 1]);
const positive = (path: string) => field(path, [1, 9007199254740991], [ABSENT, 0, -1, "1", 1.5]);
const keyName = (path: string) => field(path, [ABSENT, "A_z-9", long(200)], ["", "a b", "a.b"]);
const freeText = (path: string) => field(path, [ABSENT, "", "x"], [1]);

export const seiNodeTaskFieldCases: readonly FieldCases[] = [
  {
    situation: "any task",
    base: task("RestartSeid"),
    fields: [
      field("spec.kind", [], [ABSENT, "", "RestartPod", "restartSeid"]),
      field("spec.target", [], [ABSENT, {}]),
      field("spec.target.nodeRef", [{ name: "a" }], [ABSENT, {}]),
      field("spec.target.nodeRef.name", ["a", long(253)], [ABSENT, "", "A", "a.b", "-a", long(254)]),
      field(
        "spec.target.requirePhase",
        [ABSENT, "Pending", "Initializing", "Running", "Failed", "Terminating"],
        ["", "Ready", "running"],
      ),
      field("spec.target.requirePhaseTimeout", [ABSENT, "", "5m", "anything"], [5]),
      field("spec.timeoutSeconds", [ABSENT, 0, 1, 2147483647], [-1, "60", 1.5, 2147483648]),
      field("spec.ttlSecondsAfterFinished", [ABSENT, 0, 1, 2147483647], [-1, "60", 1.5, 2147483648]),
      field("spec.restartSeid", [{}], ["now"]),
    ],
  },
  {
    situation: "DiscoverPeers",
    base: task("DiscoverPeers"),
    fields: [field("spec.discoverPeers", [{}], ["now"])],
  },
  { situation: "MarkReady", base: task("MarkReady"), fields: [field("spec.markReady", [{}], ["now"])] },
  {
    situation: "GovSoftwareUpgrade",
    base: task("GovSoftwareUpgrade"),
    fields: [
      nonEmpty("spec.govSoftwareUpgrade.chainId"),
      keyName("spec.govSoftwareUpgrade.keyName"),
      nonEmpty("spec.govSoftwareUpgrade.title"),
      nonEmpty("spec.govSoftwareUpgrade.description"),
      nonEmpty("spec.govSoftwareUpgrade.upgradeName"),
      positive("spec.govSoftwareUpgrade.upgradeHeight"),
      freeText("spec.govSoftwareUpgrade.upgradeInfo"),
      nonEmpty("spec.govSoftwareUpgrade.initialDeposit"),
      freeText("spec.govSoftwareUpgrade.memo"),
      nonEmpty("spec.govSoftwareUpgrade.fees"),
      positive("spec.govSoftwareUpgrade.gas"),
    ],
  },
  {
    situation: "GovVote",
    base: task("GovVote"),
    fields: [
      nonEmpty("spec.govVote.chainId"),
      keyName("spec.govVote.keyName"),
      positive("spec.govVote.proposalId"),
      field(
        "spec.govVote.option",
        ["yes", "no", "abstain", "no_with_veto", "no-with-veto"],
        [ABSENT, "", "Yes", "veto", true],
      ),
      freeText("spec.govVote.memo"),
      nonEmpty("spec.govVote.fees"),
      positive("spec.govVote.gas"),
    ],
  },
  {
    situation: "AwaitCondition",
    base: task("AwaitCondition"),
    fields: [
      positive("spec.awaitCondition.height.targetHeight"),
      field("spec.awaitCondition.action", [ABSENT, "SIGTERM_SEID"], ["", "SIGKILL_SEID"]),
    ],
  },
  {
    situation: "UpdateNodeImage",
    base: task("UpdateNodeImage"),
    fields: [field("spec.updateNodeImage.image", ["x", long(512)], [ABSENT, "", long(513)])],
  },
  {
    situation: "AwaitNodesAtHeight",
    base: task("AwaitNodesAtHeight"),
    fields: [positive("spec.awaitNodesAtHeight.targetHeight")],
  },
];
