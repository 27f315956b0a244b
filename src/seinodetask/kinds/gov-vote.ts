/** GovVote: signs and sends a vote with a key of the node. The last vote of an account counts (spec/seinodetask.md 7.5). */
import { TaskTypes } from "#api";
import { onSidecar } from "./on-sidecar.ts";
import { nonEmpty, requirePayload } from "./payload.ts";
import { keyNameFor, transactionOf } from "./transaction.ts";

export const govVote = onSidecar({
  taskType: TaskTypes.govVote,
  params(spec, target) {
    const { keyName, memo, ...rest } = requirePayload(spec, "govVote");
    return { ...rest, keyName: keyNameFor(keyName, target), ...nonEmpty({ memo }) };
  },
  outputs(result) {
    const { txHash, height } = transactionOf(result) ?? {};
    const vote = { ...(txHash !== undefined && { txHash }), ...(height !== undefined && { height }) };
    return Object.keys(vote).length === 0 ? undefined : { govVote: vote };
  },
});
