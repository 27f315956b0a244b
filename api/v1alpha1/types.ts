/**
 * The static types, derived from the schemas. `import type` only: TypeBox must not reach the running manager.
 * Some names below are for parts of a kind that other rooms pass around on their own.
 */
import type { Static } from "typebox";
import type { ApiObject } from "./object.ts";
import type { condition } from "./schema/conditions.ts";
import type { peerSource } from "./schema/peer-source.ts";
import type { seiNodeSpec } from "./schema/seinode-spec.ts";
import type { seiNodeStatus } from "./schema/seinode-status.ts";
import type {
  genesisConfig,
  networkingConfig,
  seiNodeDeploymentSpec,
  seiNodeTemplate,
  updateStrategy,
} from "./schema/seinodedeployment-spec.ts";
import type { rolloutStatus, seiNodeDeploymentStatus } from "./schema/seinodedeployment-status.ts";
import type { seiNodeTaskSpec } from "./schema/seinodetask-spec.ts";
import type { seiNodeTaskStatus } from "./schema/seinodetask-status.ts";
import type { resourceRequirements, sidecarConfig } from "./schema/sidecar.ts";
import type { resultExport, snapshotGeneration, snapshotSource } from "./schema/snapshot.ts";
import type { failedTaskDetail, plannedTask, taskPlan } from "./schema/task-plan.ts";
import type { validatorSpec } from "./schema/validator.ts";

export type SeiNodeSpec = Static<typeof seiNodeSpec>;
export type SeiNodeStatus = Static<typeof seiNodeStatus>;
export type SeiNode = ApiObject<"SeiNode", SeiNodeSpec, SeiNodeStatus>;

export type SeiNodeDeploymentSpec = Static<typeof seiNodeDeploymentSpec>;
export type SeiNodeDeploymentStatus = Static<typeof seiNodeDeploymentStatus>;
export type SeiNodeDeployment = ApiObject<
  "SeiNodeDeployment",
  SeiNodeDeploymentSpec,
  SeiNodeDeploymentStatus
>;

export type SeiNodeTaskSpec = Static<typeof seiNodeTaskSpec>;
export type SeiNodeTaskStatus = Static<typeof seiNodeTaskStatus>;
export type SeiNodeTask = ApiObject<"SeiNodeTask", SeiNodeTaskSpec, SeiNodeTaskStatus>;

export type Condition = Static<typeof condition>;
export type TaskPlan = Static<typeof taskPlan>;
export type PlannedTask = Static<typeof plannedTask>;
export type FailedTaskDetail = Static<typeof failedTaskDetail>;

export type PeerSource = Static<typeof peerSource>;
export type SnapshotSource = Static<typeof snapshotSource>;
export type SnapshotGenerationConfig = Static<typeof snapshotGeneration>;
export type ResultExportConfig = Static<typeof resultExport>;
export type SidecarConfig = Static<typeof sidecarConfig>;
export type ResourceRequirements = Static<typeof resourceRequirements>;
export type ValidatorSpec = Static<typeof validatorSpec>;

export type SeiNodeTemplate = Static<typeof seiNodeTemplate>;
export type GenesisConfig = Static<typeof genesisConfig>;
export type NetworkingConfig = Static<typeof networkingConfig>;
export type UpdateStrategy = Static<typeof updateStrategy>;
export type RolloutStatus = Static<typeof rolloutStatus>;
