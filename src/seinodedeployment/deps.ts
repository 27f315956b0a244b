/** What the SeiNodeDeployment controller is given, and what it remembers between passes. All of it may be lost at any moment. */
import type { SeiNode, SeiNodeDeployment } from "#api";
import type { Clock, Random } from "#clock";
import type { Applier, Client, EventRecorder, FreshList, FreshReader, StatusWriter } from "#kube";
import type { PlanEngine, PlanRetries, SidecarTaskRunner } from "#plan";
import type { SidecarFactory } from "#sidecar";
import type { SeiNodeDeploymentMetrics } from "#telemetry";
import type { Settings } from "../settings.ts";
import type { NetworkingDeps, NetworkingRuntime } from "./networking/index.ts";

/** Handed in by main (and by tests, which own every one of them). */
export interface GroupDeps extends NetworkingDeps {
  /** Its caches hold SeiNodeDeployments, SeiNodes, the pods of nodes, and the Services and HTTPRoutes of groups. */
  readonly client: Client;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly sidecars: SidecarFactory;
  readonly recorder: EventRecorder;
  readonly metrics: SeiNodeDeploymentMetrics;
  readonly engine: PlanEngine;
  readonly sidecarTasks: SidecarTaskRunner;
}

/** With the memories of one controller instance. */
export interface GroupRuntime extends GroupDeps {
  readonly reader: FreshReader<SeiNodeDeployment>;
  /** The SeiNodes that carry the label of a group. */
  readonly nodes: FreshList<SeiNode>;
  /** Of each group: the applier of its SeiNodes. */
  readonly appliers: Map<string, Applier>;
  readonly statusWriter: StatusWriter<SeiNodeDeployment>;
  /** Names that were told to be somebody else's, by group. */
  readonly conflictsTold: Map<string, ReadonlySet<string>>;
  /** When the plan of a failed ceremony may be built again. */
  readonly retries: PlanRetries;
  readonly networking: NetworkingRuntime;
}
