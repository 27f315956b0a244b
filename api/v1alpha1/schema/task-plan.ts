import { planPhases, seiNodePhases, taskStatuses } from "../constants/phases.ts";
import { choice, count, json, list, object, optional, text, time } from "./builders.ts";

export const plannedTask = object("One step of the plan.", {
  type: text("What the step does, for example apply-statefulset or config-apply."),
  id: text(
    "UUID of the step, derived from plan id, type and position; the sidecar knows its work by this id.",
  ),
  status: choice(
    "State of the step. A step that was started stays Pending until its result is known.",
    taskStatuses,
  ),
  params: optional(json("Arguments of the step, fixed when the plan was built.")),
  submittedAt: optional(
    time("When the current attempt was first accepted. Cleared when the step is tried again."),
  ),
  error: optional(text("Why the step failed for good.")),
  maxRetries: optional(
    count("How often the step may be tried again after a failure. Absent or 0: the first failure is final."),
  ),
  retryCount: optional(count("How many of these retries were used.")),
  failedRun: optional(
    count(
      "The sidecar's run number of the last failure that was counted. Lets a restarted controller tell a new failure from one it has already counted.",
    ),
  ),
});

export const failedTaskDetail = object("Which step failed the plan, and how.", {
  type: text("Type of the step."),
  id: text("UUID of the step."),
  error: text("The last error."),
  retryCount: count("Retries used before giving up."),
  maxRetries: count("Retries that were allowed."),
});

export const taskPlan = object(
  "The steps the controller is going through. A plan is stored before its first step runs.",
  {
    id: optional(text("UUID of the plan. A new plan gets a new one.")),
    phase: choice("Active while steps remain; Complete or Failed at the end.", planPhases),
    tasks: list("The steps, in the order they run. One at a time.", plannedTask),
    targetPhase: optional(choice("Phase the node gets when the plan completes.", seiNodePhases)),
    failedPhase: optional(
      choice("Phase the node gets when the plan fails. Absent: the phase stays.", seiNodePhases),
    ),
    failedTaskIndex: optional(count("Position of the failed step in tasks, from 0.")),
    failedTaskDetail: optional(failedTaskDetail),
  },
);
