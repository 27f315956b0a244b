/** The three kinds as the API server is to know them: names, columns, schemas. */
import type { TSchema } from "typebox";
import { HealthConditions } from "../constants/health-conditions.ts";
import { seiNodeDeployments, seiNodes, seiNodeTasks } from "../resources.ts";
import { seiNodeSpec } from "./seinode-spec.ts";
import { seiNodeStatus } from "./seinode-status.ts";
import { seiNodeDeploymentSpec } from "./seinodedeployment-spec.ts";
import { seiNodeDeploymentStatus } from "./seinodedeployment-status.ts";
import { seiNodeTaskSpec } from "./seinodetask-spec.ts";
import { seiNodeTaskStatus } from "./seinodetask-status.ts";

export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  readonly jsonPath: string;
  /** 1: only with `-o wide`. Default: 0. */
  readonly priority?: number;
}

export interface KindDefinition {
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  readonly description: string;
  readonly columns: readonly PrinterColumn[];
  readonly spec: TSchema;
  readonly status: TSchema;
}

const phase: PrinterColumn = { name: "Phase", type: "string", jsonPath: ".status.phase" };
const age: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

const reconciling = `.status.conditions[?(@.type=="${HealthConditions.reconciling}")]`;

export const kinds: readonly KindDefinition[] = [
  {
    kind: seiNodes.kind,
    plural: seiNodes.plural,
    shortName: "snode",
    description: "SeiNode is one Sei blockchain node: one pod, one volume, and a sidecar that prepares it.",
    columns: [
      phase,
      { name: "StatefulSet", type: "string", jsonPath: ".status.statefulSet.name", priority: 1 },
      age,
    ],
    spec: seiNodeSpec,
    status: seiNodeStatus,
  },
  {
    kind: seiNodeDeployments.kind,
    plural: seiNodeDeployments.plural,
    shortName: "snd",
    description:
      "SeiNodeDeployment is a group of SeiNodes made from one template, with rollouts, networking, and the genesis of a new chain.",
    columns: [
      { name: "Ready", type: "integer", jsonPath: ".status.readyReplicas" },
      { name: "Replicas", type: "integer", jsonPath: ".status.replicas" },
      phase,
      { name: "Paused", type: "boolean", jsonPath: ".spec.paused" },
      { name: "Target", type: "string", jsonPath: ".status.rollout.targetHash", priority: 1 },
      age,
    ],
    spec: seiNodeDeploymentSpec,
    status: seiNodeDeploymentStatus,
  },
  {
    kind: seiNodeTasks.kind,
    plural: seiNodeTasks.plural,
    shortName: "snt",
    description: "SeiNodeTask is one operation on one SeiNode, run once. Create another one to run it again.",
    columns: [
      { name: "Kind", type: "string", jsonPath: ".spec.kind" },
      { name: "Target", type: "string", jsonPath: ".spec.target.nodeRef.name" },
      phase,
      // Is it done, and if not, why: what it waits for, and at the end what came of it.
      { name: "Reason", type: "string", jsonPath: `${reconciling}.reason` },
      { name: "Message", type: "string", jsonPath: `${reconciling}.message`, priority: 1 },
      age,
    ],
    spec: seiNodeTaskSpec,
    status: seiNodeTaskStatus,
  },
];
