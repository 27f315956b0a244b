/** kubectl as a person uses it, in the namespace of the tests. */
import type { KubectlOptions } from "#devcluster";
import { NAMESPACE, type World } from "./world.ts";

/** Its standard output; rejects with its own words when it fails. */
export async function kubectl(
  world: World,
  args: readonly string[],
  options?: KubectlOptions,
): Promise<string> {
  const { stdout, stderr, code } = await world.controlPlane.kubectl(["-n", NAMESPACE, ...args], options);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: exit code ${code}: ${stderr || stdout}`);
  return stdout;
}
