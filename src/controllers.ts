/** Which controllers there are, what each of them listens to, and what it is given. The one place where kinds are wired. */
import { ControllerNames, EventSources, Labels } from "#api";
import type { Clock, Random } from "#clock";
import {
  type Client,
  type Controller,
  type EventRecorder,
  generationChanged,
  keyOf,
  type Logger,
  labelKeys,
  ownKey,
  type Reconcile,
} from "#kube";
import { createPlanEngine, createSidecarTaskRunner } from "#plan";
import type { SidecarFactory } from "#sidecar";
import type { Telemetry } from "#telemetry";
import type { Caches } from "./caches.ts";
import { createSeiNodeReconciler, seiNodePredicate } from "./seinode/index.ts";
import { childPredicate, createGroupReconciler, groupsOfNode } from "./seinodedeployment/index.ts";
import type { Settings } from "./settings.ts";

export interface ControllerContext {
  readonly client: Client;
  readonly caches: Caches;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly sidecars: SidecarFactory;
  readonly telemetry: Telemetry;
  /** A recorder with that `source.component`; it runs with the process. Call once per component. */
  readonly createRecorder: (component: string) => EventRecorder;
  /** A controller with its metrics, 64 workers, not started. `name` is the `controller` label of metrics and logs. */
  readonly createController: (name: string, reconcile: Reconcile) => Controller;
}

/** The node a child is labelled with, and the one it was labelled with before: that one has lost it. */
const nodeOfLabel = labelKeys(Labels.node);

/** Each kind adds its controller here and nowhere else. */
export function createControllers(context: ControllerContext): readonly Controller[] {
  return [seiNodeController(context), seiNodeDeploymentController(context)];
}

/**
 * Children wake their node by label and not by owner reference: the one that must be told when somebody else's object of
 * the node's name goes away is the node that waits for the name.
 */
function seiNodeController(context: ControllerContext): Controller {
  const { caches, clock, log, telemetry } = context;
  const recorder = context.createRecorder(EventSources.seiNode);
  const reconcile = createSeiNodeReconciler({
    ...context,
    recorder,
    metrics: telemetry.seiNode,
    engine: createPlanEngine({ clock, log }),
    sidecarTasks: createSidecarTaskRunner({ clock }),
  });
  const controller = context.createController(ControllerNames.seiNode, reconcile);
  controller.watch(caches.seiNodes, { predicate: seiNodePredicate, map: ({ object }) => [keyOf(object)] });
  controller.watch(caches.statefulSets, { map: nodeOfLabel });
  controller.watch(caches.pods, { map: nodeOfLabel });
  controller.watch(caches.services, { map: nodeOfLabel });
  controller.watch(caches.persistentVolumeClaims, { map: nodeOfLabel });
  controller.watch(caches.configMaps, { map: nodeOfLabel });
  controller.watch(caches.jobs, { map: nodeOfLabel });
  return controller;
}

function seiNodeDeploymentController(context: ControllerContext): Controller {
  const { caches, clock, log, telemetry } = context;
  const reconcile = createGroupReconciler({
    ...context,
    recorder: context.createRecorder(EventSources.seiNodeDeployment),
    metrics: telemetry.seiNodeDeployment,
    engine: createPlanEngine({ clock, log }),
    sidecarTasks: createSidecarTaskRunner({ clock }),
  });
  const controller = context.createController(ControllerNames.seiNodeDeployment, reconcile);
  controller.watch(caches.seiNodeDeployments, { predicate: generationChanged, map: ownKey });
  controller.watch(caches.seiNodes, { predicate: childPredicate, map: groupsOfNode });
  return controller;
}
