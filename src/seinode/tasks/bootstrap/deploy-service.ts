/** `deploy-bootstrap-service`: the DNS name of the bootstrap pod. */
import { services } from "#kube";
import type { TaskOutcome } from "#plan";
import type { Pass } from "../../pass.ts";
import { renderBootstrapService } from "../../render/index.ts";
import { createOwned } from "./create-owned.ts";
import type { BootstrapRuntime } from "./runtime.ts";

export async function deployBootstrapService(runtime: BootstrapRuntime, pass: Pass): Promise<TaskOutcome> {
  const manifest = renderBootstrapService(pass.node);
  const made = await createOwned(runtime.client, pass.node, services, manifest, pass.signal);
  if (made.state === "created") return { state: "complete" };
  // The node's own Service, kept over a retry, selects the bootstrap pod as well.
  if (made.state === "existing" && made.object.metadata.deletionTimestamp === undefined) {
    return { state: "complete" };
  }
  return { state: "running", waitingFor: `the former Service ${manifest.metadata.name} to be gone` };
}
