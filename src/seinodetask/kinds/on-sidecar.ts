/** A kind whose work is one task of the target's own sidecar. */
import { Labels } from "#api";
import { type DeepReadonly, type Pod, pods } from "#kube";
import type { SidecarTaskOptions, Task } from "#plan";
import { isOwnedBy, isSidecarRunning, ordinalZero, type SidecarClient, wireParams } from "#sidecar";
import { confirmNewest } from "../confirm.ts";
import type { Execution, TaskKind } from "./contract.ts";

type SidecarKind = Omit<TaskKind, "task" | "check"> & SidecarTaskOptions;

export function onSidecar({ completesOn, ...kind }: SidecarKind): TaskKind {
  const { taskType } = kind;
  const options: SidecarTaskOptions = completesOn === undefined ? {} : { completesOn };
  return {
    ...kind,
    // Validated here, so that a mistake is told before anything is sent (spec/seinodetask.md 10.2).
    params: (spec, target) => wireParams(taskType, kind.params(spec, target)),
    check: (params) => void wireParams(taskType, params),
    task: (execution) => runOnSidecar(execution, taskType, options),
  };
}

/** No request is sent to a sidecar that the kubelet says is not running: the pod's event wakes us when it is. */
function runOnSidecar(execution: Execution, type: string, options: SidecarTaskOptions): Task {
  return async (run) => {
    const pod = await sidecarPod(execution);
    if (pod === undefined || !isSidecarRunning(pod))
      return { state: "running", waitingFor: "the sidecar of the node to run" };
    return execution.runtime.sidecarTasks(clientFor(execution, pod), type, options)(run);
  };
}

async function sidecarPod({ runtime, pass, target }: Execution): Promise<DeepReadonly<Pod> | undefined> {
  const uid = target.status?.statefulSet?.uid;
  if (uid === undefined) return undefined;
  const { name, namespace = "" } = target.metadata;
  const labelled = await runtime.client.list(
    pods,
    { namespace, labels: { [Labels.node]: name } },
    pass.signal,
  );
  const owned = labelled.filter((pod) => isOwnedBy(pod, { metadata: { uid } }));
  return ordinalZero(owned, name);
}

/** Each POST is confirmed first. The pod's IP is dialled, so that stale DNS never reaches another pod (design 4.1). */
function clientFor({ runtime, pass, target }: Execution, pod: DeepReadonly<Pod>): SidecarClient {
  const { name: node, namespace = "" } = target.metadata;
  const podIP = pod.status?.podIP;
  const client = runtime.sidecars(podIP ? { namespace, node, podIP } : { namespace, node });
  return {
    ...client,
    async submit(task, signal) {
      await confirmNewest(runtime, pass);
      await client.submit(task, signal);
    },
  };
}
