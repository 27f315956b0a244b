import { seiNodePhases } from "../constants/phases.ts";
import { choice, int64, list, object, optional, stringMap, text, time } from "./builders.ts";
import { conditions } from "./conditions.ts";
import { taskPlan } from "./task-plan.ts";

export const seiNodeStatus = object("What the controller last saw. Written by the controller only.", {
  observedGeneration: optional(int64("The metadata.generation that was last processed.")),
  observedRetry: optional(text("The value of the annotation sei.io/retry that was last acted upon.")),
  observedApplyConfig: optional(
    text("The value of the annotation sei.io/apply-config that was last acted upon."),
  ),
  phase: optional(
    choice(
      "Where the node is in its life. Absent until the first plan is built. A Failed node waits for sei.io/retry.",
      seiNodePhases,
    ),
  ),
  currentImage: optional(
    text("seid image that a pod of this node is known to have started with. Empty: not yet observed."),
  ),
  currentSidecarImage: optional(text("Sidecar image observed together with it.")),
  conditions: optional(conditions),
  phaseTransitionTime: optional(time("When the phase last changed.")),
  plan: optional(taskPlan),
  resolvedPeers: optional(
    list(
      "Peers found by label, as nodeId@host:port, sorted. The other sources are resolved by the sidecar.",
      text("nodeId@host:port"),
    ),
  ),
  resolvedRPCWitnesses: optional(
    list(
      "RPC addresses of the peers found by label, as host:port, sorted. State sync checks headers against them.",
      text("host:port"),
    ),
  ),
  statefulSet: optional(
    object("The StatefulSet that belongs to this node. Another one of the same name is not ours.", {
      name: text("Name of the StatefulSet, the same as the node's."),
      uid: text("UID of the StatefulSet."),
    }),
  ),
  applied: optional(
    object("What is in effect, as hashes. The condition PendingChanges compares spec with it.", {
      config: optional(
        object("The configuration on the data volume.", {
          keys: stringMap("Configuration key -> hash of the value that was last written."),
          seid: optional(
            text(
              "The run of seid, as pod UID and restart count, that was under way and does not know it yet.",
            ),
          ),
        }),
      ),
      pod: optional(
        object("The pod.", {
          revision: text("Revision of the StatefulSet that the pod was made from."),
          fields: stringMap("Field of spec -> hash of what it was when that revision was made."),
        }),
      ),
    }),
  ),
});
