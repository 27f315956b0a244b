import { choice, int64, listByKey, object, optional, text, time } from "./builders.ts";
import { CONDITION_REASON, CONDITION_TYPE } from "./patterns.ts";

/** metav1.Condition. */
export const condition = object("One aspect of the object's current state.", {
  type: text("What is reported, in CamelCase. One condition per type.", {
    maxLength: 316,
    pattern: CONDITION_TYPE,
  }),
  status: choice("Whether it holds: True, False, or Unknown.", ["True", "False", "Unknown"]),
  reason: text("Why it holds or not, as one CamelCase word from a closed set. Meant for programs.", {
    minLength: 1,
    maxLength: 1024,
    pattern: CONDITION_REASON,
  }),
  message: text("The details for a human reader. May be empty.", { maxLength: 32768 }),
  lastTransitionTime: time("When the status last changed. A new reason or message alone does not move it."),
  observedGeneration: optional(
    int64(
      "The metadata.generation this condition was computed from. Older than the object's: the condition is stale.",
      {
        minimum: 0,
      },
    ),
  ),
});

export const conditions = listByKey(
  "Latest observations of the object's state, one entry per type. Ready, Reconciling and Stalled follow the kstatus convention.",
  "type",
  condition,
);
