/** The conditions that are there from the first pass on, so that tools can wait for them (spec/seinodedeployment.md 12.1). */
import {
  SeiNodeDeploymentReasons as Reasons,
  SeiNodeDeploymentEvents,
  SeiNodeDeploymentConditions as Types,
} from "#api";
import { findCondition } from "#kube";
import type { GroupRuntime } from "./deps.ts";
import { isPlanInProgress } from "./detection.ts";
import { type Pass, setPassCondition, tellAfterFlush } from "./pass.ts";

export function seedConditions(runtime: GroupRuntime, pass: Pass): void {
  setPaused(runtime, pass);
  for (const type of [Types.planInProgress, Types.rolloutInProgress]) {
    if (findCondition(pass.status.conditions, type) !== undefined) continue;
    setPassCondition(pass, { type, status: "False", reason: Reasons.notStarted, message: "" });
  }
}

/** At the end of a pass, when it is known whether there is a plan. Once complete, it stays so for the life of the object. */
export function setCeremony(pass: Pass): void {
  const type = Types.genesisCeremonyComplete;
  const before = findCondition(pass.status.conditions, type);
  if (before?.status === "True") {
    setPassCondition(pass, before);
    return;
  }
  const [reason, message] =
    pass.group.spec.genesis === undefined
      ? [Reasons.ceremonyNotApplicable, "spec.genesis is not set"]
      : isPlanInProgress(pass.status)
        ? [Reasons.ceremonyInProgress, "the ceremony is going on"]
        : [Reasons.notStarted, "the ceremony is yet to come"];
  setPassCondition(pass, { type, status: "False", reason, message });
}

/** A group that is made paused has no event to tell. */
function setPaused(runtime: GroupRuntime, pass: Pass): void {
  const { group, status } = pass;
  const before = findCondition(status.conditions, Types.paused)?.status;
  const paused = group.spec.paused === true;
  setPassCondition(pass, {
    type: Types.paused,
    status: paused ? "True" : "False",
    reason: paused ? Reasons.paused : Reasons.notPaused,
    message: paused ? "spec.paused is true" : "spec.paused is not set",
  });
  if (paused && before === "False") {
    const plan = status.plan?.phase === "Active" ? `; plan ${status.plan.id} stands still` : "";
    tellAfterFlush(runtime, pass, "Normal", SeiNodeDeploymentEvents.paused, `the group is paused${plan}`);
  }
  if (!paused && before === "True") {
    tellAfterFlush(runtime, pass, "Normal", SeiNodeDeploymentEvents.unpaused, "the group goes on");
  }
}
