/** What the story does with a SeiNodeTask: restarts seid of a running node, shown live, and proves it. */

import type { SeiNodeTask } from "#api";
import { throughProxy } from "#devcluster";
import type { DeepReadonly } from "#kube";
import { type Cluster, NAMESPACE } from "./cluster.ts";
import type { RestartEvidence } from "./group-claims.ts";
import type { Tell } from "./key-steps.ts";
import { kubectlApply } from "./kubectl-apply.ts";
import { podNameOf, podOf, readiness, taskOf, waitFor } from "./lookup.ts";
import { sayOnce, taskNews } from "./news.ts";
import { isPodReady } from "./pod-readiness.ts";
import { unlessAborted } from "./wait.ts";

/** So that it can be seen that seid is away. */
const SEID_START_MS = 400;

/** Resolves with the evidence when the task has ended and the node is Ready again. */
export async function restartSeid(
  cluster: Cluster,
  task: DeepReadonly<SeiNodeTask>,
  manifest: string,
  tell: Tell,
): Promise<RestartEvidence> {
  const { name } = task.metadata;
  const node = task.spec.target.nodeRef.name;
  const simulated = cluster.simulator.node(NAMESPACE, node);
  const [podBefore, startsBefore] = [podOf(cluster, node)?.metadata.uid ?? "", seidStarts(cluster, node)];
  simulated.seid.configure({ startDelayMs: SEID_START_MS });
  const say = sayOnce(tell);
  const unsubscribes = [
    cluster.tasks.onEvent(({ object }) => {
      if (object.metadata.name === name) say(taskNews(object));
    }),
    cluster.pods.onEvent(({ object }) => {
      if (object.metadata.name !== podNameOf(node)) return;
      if (!isPodReady(object)) say([`pod ${podNameOf(node)} is not Ready: seid restarts`]);
    }),
  ];
  try {
    await kubectlApply(cluster, manifest);
    await waitFor(cluster, `SeiNodeTask ${name} has ended and ${node} is Ready again`, () => {
      const phase = taskOf(cluster, name)?.status?.phase;
      const pod = podOf(cluster, node);
      // The watch of pods may lag behind that of tasks: Ready from before the restart does not count.
      const hasRestarted = seidStarts(cluster, node) > startsBefore;
      const isReady = pod !== undefined && isPodReady(pod) && readiness(cluster, node) === "True";
      const isBack = hasRestarted && isReady;
      return phase === "Failed" || (phase === "Complete" && isBack);
    });
  } finally {
    for (const unsubscribe of unsubscribes) unsubscribe();
    simulated.seid.configure({ startDelayMs: 0 });
  }
  const posts = simulated.posts("restart-seid");
  const ids = new Set(posts.map(({ id }) => id));
  const height = await heightOf(cluster, node);
  if (height !== undefined) tell(`seid of ${node} serves RPC again, at height ${height}`);
  return {
    node,
    phase: taskOf(cluster, name)?.status?.phase ?? "",
    posts: posts.length,
    executions: [...ids].reduce((sum, id) => sum + simulated.executionsOf(id), 0),
    startsBefore,
    startsAfter: seidStarts(cluster, node),
    podBefore,
    podAfter: podOf(cluster, node)?.metadata.uid ?? "",
    height,
  };
}

function seidStarts(cluster: Cluster, node: string): number {
  const statuses = podOf(cluster, node)?.status?.containerStatuses;
  return 1 + (statuses?.find(({ name }) => name === "seid")?.restartCount ?? 0);
}

/** As anybody in the cluster would ask for it. */
async function heightOf(cluster: Cluster, node: string): Promise<number | undefined> {
  const host = `${podNameOf(node)}.${node}.${NAMESPACE}.svc.cluster.local`;
  const asked = throughProxy(cluster.simulator.proxyUrl, `http://${host}:26657/status`);
  const { status, body } = await unlessAborted(asked, cluster.signal);
  const height = /"latest_block_height":"(\d+)"/.exec(body)?.[1];
  return status === 200 && height !== undefined ? Number(height) : undefined;
}
