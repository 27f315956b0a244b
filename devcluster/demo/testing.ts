/** Objects and screens for this room's tests. */
import type {
  Condition,
  SeiNode,
  SeiNodeDeployment,
  SeiNodeDeploymentStatus,
  SeiNodeStatus,
  SeiNodeTask,
  SeiNodeTaskStatus,
  TaskPlan,
} from "#api";
import type { Pod } from "#kube";

export const OLD = "ghcr.io/sei-protocol/sei:v6.3.0";
export const NEW = "ghcr.io/sei-protocol/sei:v6.4.0";

const time = "2026-01-01T00:00:00Z";

export function someNode(status: Partial<SeiNodeStatus> & { ready?: boolean } = {}, image = OLD): SeiNode {
  const { ready, ...rest } = status;
  const conditions =
    ready === undefined
      ? []
      : [
          {
            type: "Ready",
            status: ready ? ("True" as const) : ("False" as const),
            reason: ready ? "Ready" : "PodNotReady",
            message: ready ? "" : "seid waits for a chain upgrade; set spec.image",
            lastTransitionTime: time,
          },
        ];
  return {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNode",
    metadata: { name: "rpc-0", namespace: "sei", uid: "node-uid", resourceVersion: "1" },
    spec: { chainId: "pacific-1", image, fullNode: {} },
    status: { phase: "Running", currentImage: OLD, conditions, ...rest },
  };
}

export function someCondition(type: string, status: Condition["status"], reason: string): Condition {
  return { type, status, reason, message: "", lastTransitionTime: time };
}

export function someGroup(status: SeiNodeDeploymentStatus = {}, image = OLD): SeiNodeDeployment {
  return {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNodeDeployment",
    metadata: { name: "rpc", namespace: "sei", uid: "group-uid", resourceVersion: "1" },
    spec: {
      replicas: 2,
      updateStrategy: { type: "InPlace" },
      template: { spec: { chainId: "pacific-1", image, fullNode: {} } },
    },
    status,
  };
}

export function someTask(status: SeiNodeTaskStatus = {}, node = "rpc-0"): SeiNodeTask {
  return {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNodeTask",
    metadata: { name: "restart", namespace: "sei", uid: "task-uid", resourceVersion: "1" },
    spec: { kind: "RestartSeid", target: { nodeRef: { name: node } }, restartSeid: {} },
    status,
  };
}

/** A plan of which `done` tasks are complete. */
export function somePlan(types: readonly string[], done: number): TaskPlan {
  return {
    id: "plan",
    phase: "Active",
    tasks: types.map((type, index) => ({
      type,
      id: `id-${index}`,
      status: index < done ? ("Complete" as const) : ("Pending" as const),
    })),
  };
}

export interface PodFacts {
  readonly uid?: string;
  readonly image?: string;
  readonly ready?: boolean;
  /** Whether seid's container runs, and whether it got past its start-up probe. */
  readonly seid?: "absent" | "running" | "started" | { readonly waiting: string };
  readonly phase?: "Pending" | "Running" | "Failed";
  readonly deleted?: boolean;
}

export function somePod(facts: PodFacts = {}): Pod {
  const {
    uid = "old",
    image = OLD,
    ready = false,
    seid = "started",
    phase = "Running",
    deleted = false,
  } = facts;
  const state =
    typeof seid === "object" ? { waiting: { reason: seid.waiting } } : { running: { startedAt: time } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "rpc-0-0",
      namespace: "sei",
      uid,
      resourceVersion: "1",
      labels: { "sei.io/node": "rpc-0", "controller-revision-hash": "rpc-0-7d9f8c6b5" },
      ...(deleted && { deletionTimestamp: time }),
    },
    spec: { containers: [{ name: "seid", image }] },
    status: {
      phase,
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      ...(seid !== "absent" && {
        containerStatuses: [
          { name: "seid", image, imageID: "sha", ready, restartCount: 0, started: seid === "started", state },
        ],
      }),
    },
  };
}
