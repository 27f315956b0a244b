/** Which changes of a template are rolled out (spec/seinodedeployment.md 7.1): chain, image and sidecar image, nothing else. */
import { createHash } from "node:crypto";
import type { SeiNodeSpec } from "#api";
import type { DeepReadonly } from "#kube";

const LENGTH = 16;

/** Shared with the Go operator: a group that is taken over must not look changed. */
export function templateHash({
  chainId,
  image,
  sidecar,
}: DeepReadonly<Pick<SeiNodeSpec, "chainId" | "image" | "sidecar">>): string {
  return createHash("sha256")
    .update(`${chainId}${image}${sidecar?.image ?? ""}`, "utf8")
    .digest("hex")
    .slice(0, LENGTH);
}
