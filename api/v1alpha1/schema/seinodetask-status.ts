import { seiNodeTaskPhases, taskStatuses } from "../constants/phases.ts";
import { choice, int64, json, object, optional, text, time } from "./builders.ts";
import { conditions } from "./conditions.ts";

const txHash = text("Hash of the transaction, upper-case hexadecimal.");
const inclusionHeight = int64("Block height that includes the transaction.");

const outputs = object("What the operation produced, under the name of its payload.", {
  govSoftwareUpgrade: optional(
    object("Result of GovSoftwareUpgrade.", {
      txHash: optional(txHash),
      height: optional(inclusionHeight),
      proposalId: optional(int64("Number the proposal got on chain.")),
    }),
  ),
  govVote: optional(
    object("Result of GovVote.", { txHash: optional(txHash), height: optional(inclusionHeight) }),
  ),
  awaitCondition: optional(
    object("Result of AwaitCondition.", { observedValue: optional(int64("Block height that was seen.")) }),
  ),
  updateNodeImage: optional(
    object("Result of UpdateNodeImage.", { appliedImage: optional(text("seid image the node runs.")) }),
  ),
  awaitNodesAtHeight: optional(
    object("Result of AwaitNodesAtHeight.", {
      currentHeight: optional(int64("Block height that was seen.")),
    }),
  ),
});

export const seiNodeTaskStatus = object("What the controller last saw. Written by the controller only.", {
  observedGeneration: optional(int64("The metadata.generation that was last processed.")),
  phase: optional(choice("Where the task is. Pending while it waits for its target.", seiNodeTaskPhases)),
  task: optional(
    object("The one execution of the operation.", {
      id: text(
        "UUID of the execution, derived from the task's UID and kind; the sidecar knows its work by this id.",
      ),
      status: choice("State of the execution. Pending while it runs.", taskStatuses),
      params: optional(
        json(
          "Arguments of the execution, fixed before it starts. Later edits of the payload change nothing.",
        ),
      ),
      err: optional(text("Why it failed. The single word timeout when its time ran out.")),
      submittedAt: optional(time("When it was first accepted.")),
      executionStartedAt: optional(time("When it was recorded. The time limit counts from here.")),
    }),
  ),
  outputs: optional(outputs),
  phaseTransitionTime: optional(time("When the phase last changed.")),
  startedAt: optional(time("When the controller first saw the task.")),
  targetFirstObservedAt: optional(time("Since when the task waits for its target to reach requirePhase.")),
  conditions: optional(conditions),
});
