/** Which controllers there are, what each of them listens to, and what it is given. The one place where kinds are wired. */
import { ControllerNames, EventSources, Labels } from "#api";
import type { Clock, Random } from "#clock";
import {
  anyOf,
  type Client,
  type Controller,
  type EventRecorder,
  generationChanged,
  keyOf,
  type Logger,
  labelKeys,
  metadataChanged,
  type OptionalKind,
  ownKey,
  type Reconcile,
} from "#kube";
import { createPlanEngine, createSidecarTaskRunner } from "#plan";
import type { SidecarFactory } from "#sidecar";
import type { Telemetry } from "#telemetry";
import type { Caches } from "./caches.ts";
import { createSeiNodeReconciler, seiNodePredicate } from "./seinode/index.ts";
import {
  childPredicate,
  createGroupReconciler,
  groupsOfNode,
  type HostLookup,
} from "./seinodedeployment/index.ts";
import { createSeiNodeTaskReconciler, tasksOfNode } from "./seinodetask/index.ts";
import type { Settings } from "./settings.ts";

export interface ControllerContext {
  readonly client: Client;
  /** The same, but its Services are the groups' own. */
  readonly groupClient: Client;
  readonly gatewayApi: Pick<OptionalKind, "installed" | "onChange">;
  readonly lookup: HostLookup;
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
  return [seiNodeController(context), seiNodeDeploymentController(context), seiNodeTaskController(context)];
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

/**
 * Nothing is polled that can be watched: a change of the target wakes its tasks, unfiltered, and so does one of the
 * target's pod, because that is when its sidecar comes up. Our own status writes wake nobody.
 */
function seiNodeTaskController(context: ControllerContext): Controller {
  const { caches, clock, log, telemetry } = context;
  const reconcile = createSeiNodeTaskReconciler({
    ...context,
    recorder: context.createRecorder(EventSources.seiNodeTask),
    metrics: telemetry.seiNodeTask,
    errors: telemetry.seiNode,
    engine: createPlanEngine({ clock, log }),
    sidecarTasks: createSidecarTaskRunner({ clock }),
  });
  const controller = context.createController(ControllerNames.seiNodeTask, reconcile);
  const tasks = caches.seiNodeTasks;
  controller.watch(tasks, { predicate: generationChanged, map: ownKey });
  controller.watch(caches.seiNodes, { map: ({ object }) => tasksOfNode(tasks, keyOf(object)) });
  controller.watch(caches.pods, {
    map: (event) => [...nodeOfLabel(event)].flatMap((node) => tasksOfNode(tasks, node)),
  });
  return controller;
}
function seiNodeDeploymentController(context: ControllerContext): Controller {
  const { caches, clock, log, telemetry } = context;
  const reconcile = createGroupReconciler({
    ...context,
    client: context.groupClient,
    recorder: context.createRecorder(EventSources.seiNodeDeployment),
    metrics: telemetry.seiNodeDeployment,
    engine: createPlanEngine({ clock, log }),
    sidecarTasks: createSidecarTaskRunner({ clock }),
  });
  const controller = context.createController(ControllerNames.seiNodeDeployment, reconcile);
  controller.watch(caches.seiNodeDeployments, { predicate: generationChanged, map: ownKey });
  controller.watch(caches.seiNodes, { predicate: childPredicate, map: groupsOfNode });
  watchNetworking(controller, context);
  return controller;
}

/** The group a shared Service or route is labelled with, and the one it was labelled with before. */
const groupOfLabel = labelKeys(Labels.nodeDeployment);

/** What a group has published wakes it, and so does the Gateway API when it comes or goes. */
function watchNetworking(controller: Controller, { caches, gatewayApi }: ControllerContext): void {
  controller.watch(caches.groupServices, { map: groupOfLabel });
  // Gateways write into the status of routes all the time.
  const predicate = anyOf(generationChanged, metadataChanged);
  controller.watch(caches.httpRoutes, { predicate, map: groupOfLabel });
  gatewayApi.onChange(() => {
    for (const group of caches.seiNodeDeployments.list()) controller.enqueue(keyOf(group));
  });
}
