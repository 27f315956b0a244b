import Type from "typebox";
import { int32, listByKey, object, optional, text } from "./builders.ts";
import { QUANTITY } from "./patterns.ts";

const quantities = (description: string) =>
  Type.Unsafe<Record<string, string | number>>({
    type: "object",
    description,
    additionalProperties: {
      anyOf: [{ type: "integer" }, { type: "string" }],
      pattern: QUANTITY,
      "x-kubernetes-int-or-string": true,
    },
  });

/** core/v1 ResourceRequirements. */
export const resourceRequirements = object("CPU and memory of the sidecar container, as in any pod.", {
  claims: optional(
    listByKey(
      "Dynamic resources the container uses, from the pod's resourceClaims.",
      "name",
      object("One claim.", {
        name: text("Name of an entry in the pod's resourceClaims."),
        request: optional(text("Name of a request in that claim. Default: the whole claim.")),
      }),
    ),
  ),
  limits: optional(quantities("The most the container may use.")),
  requests: optional(quantities("What the container is guaranteed. Default: the limits, where set.")),
});

export const sidecarConfig = object("The sidecar that prepares the node's data and configuration.", {
  image: optional(text("Sidecar image. Default: the platform's. A change replaces the pod.")),
  port: optional(int32("Port of the sidecar's HTTP API inside the pod.", { default: 7777 })),
  resources: optional(resourceRequirements),
});
