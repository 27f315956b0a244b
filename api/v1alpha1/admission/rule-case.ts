import type { CelRuleId } from "../schema/rules.ts";
import type { Draft } from "./drafts.ts";

export interface RuleCase {
  readonly situation: string;
  /** Stored before; then the case is the update from it. Absent: the case is a creation. */
  readonly from?: Draft;
  readonly to: Draft;
  /** Other rules that cannot but fail together with the one under test. */
  readonly also?: readonly CelRuleId[];
}

export interface RuleCases {
  readonly accepts: readonly RuleCase[];
  readonly rejects: readonly RuleCase[];
}
