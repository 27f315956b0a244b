import type { Cluster } from "./cluster.ts";
import { unlessAborted } from "./wait.ts";

/** Of a file or a folder. Rejects with what kubectl said when it does not succeed. */
export async function kubectlApply(cluster: Cluster, path: string): Promise<void> {
  const { code, stderr } = await unlessAborted(
    cluster.controlPlane.kubectl(["apply", "-f", path]),
    cluster.signal,
  );
  if (code !== 0) throw new Error(`kubectl apply -f ${path}: ${stderr.trim()}`);
}
