/** What the SeiNode controller is given, and what it remembers between passes. All of it may be lost at any moment. */

import type { SeiNode } from "#api";
import type { Clock, Random } from "#clock";
import type { Applier, Client, EventRecorder, FreshReader, StatusWriter } from "#kube";
import type { PlanEngine, PlanRetries, SidecarTaskRunner } from "#plan";
import type { SidecarFactory } from "#sidecar";
import type { SeiNodeMetrics } from "#telemetry";
import type { Settings } from "../settings.ts";
import type { AnnotationRequests } from "./annotation-requests.ts";
import type { CrashLoops } from "./crash-loops.ts";
import type { NodeIds } from "./node-ids.ts";
import type { SidecarProbes } from "./probe.ts";
import type { Reapprovals } from "./reapprovals.ts";
import type { StallTimers } from "./stall-timers.ts";

/** Handed in by main (and by tests, which own every one of them). */
export interface SeiNodeDeps {
  readonly client: Client;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly sidecars: SidecarFactory;
  readonly recorder: EventRecorder;
  readonly metrics: SeiNodeMetrics;
  readonly engine: PlanEngine;
  readonly sidecarTasks: SidecarTaskRunner;
}

/** With the memories of one controller instance. */
export interface SeiNodeRuntime extends SeiNodeDeps {
  readonly applier: Applier;
  readonly statusWriter: StatusWriter<SeiNode>;
  readonly reader: FreshReader<SeiNode>;
  readonly nodeIds: NodeIds;
  readonly probes: SidecarProbes;
  readonly retries: PlanRetries;
  readonly reapprovals: Reapprovals;
  readonly crashLoops: CrashLoops;
  readonly retryRequests: AnnotationRequests;
  readonly applyRequests: AnnotationRequests;
  readonly stalls: StallTimers;
}
