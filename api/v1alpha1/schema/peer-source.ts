import { list, object, optional, stringMap, text } from "./builders.ts";
import { rules } from "./rules.ts";

export const peerSource = object(
  "Where peers come from: exactly one of ec2Tags, static, label.",
  {
    ec2Tags: optional(
      object("Peers are EC2 instances that carry certain tags.", {
        region: text("AWS region to search.", { minLength: 1 }),
        tags: stringMap("Tags an instance must carry, all of them.", { minProperties: 1 }),
      }),
    ),
    static: optional(
      object("Peers are given by address.", {
        addresses: list(
          "Peers as nodeId@host:port. The format is not checked here.",
          text("nodeId@host:port"),
          {
            minItems: 1,
          },
        ),
      }),
    ),
    label: optional(
      object("Peers are other SeiNodes, found by label. The list follows them as they come and go.", {
        selector: stringMap("Labels a SeiNode must carry, all of them.", { minProperties: 1 }),
        namespace: optional(text("Namespace to search. Default: the namespace of this node.")),
      }),
    ),
  },
  rules("P1"),
);
