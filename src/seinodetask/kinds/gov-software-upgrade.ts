/**
 * GovSoftwareUpgrade: proposes an upgrade of the chain. A second execution would make a second proposal and pay a second
 * deposit; that it is submitted once is a matter of safety (spec/seinodetask.md 7.6).
 */
import { TaskTypes } from "#api";
import { onSidecar } from "./on-sidecar.ts";
import { nonEmpty, requirePayload } from "./payload.ts";
import { keyNameFor, transactionOf } from "./transaction.ts";

export const govSoftwareUpgrade = onSidecar({
  taskType: TaskTypes.govSoftwareUpgrade,
  params(spec, target) {
    const { keyName, memo, upgradeInfo, ...rest } = requirePayload(spec, "govSoftwareUpgrade");
    return { ...rest, keyName: keyNameFor(keyName, target), ...nonEmpty({ memo, upgradeInfo }) };
  },
  outputs(result) {
    const transaction = transactionOf(result);
    return transaction === undefined ? undefined : { govSoftwareUpgrade: transaction };
  },
});
