/** A world in which many nodes go through the same workload, each in a namespace of its own, its writes tapped. */
import { ControllerNames, seiNodeDeployments, seiNodes, seiNodeTasks } from "#api";
import { MANAGER_NAMESPACE } from "#devcluster";
import { type Informer, isNotFound, type KubeObject, leases, type ResourceType } from "#kube";
import type { AuditRecord } from "../../harness/audit.ts";
import { endWorld } from "../../harness/manners.ts";
import { untilMetrics } from "../../harness/metrics.ts";
import { World } from "../../harness/world.ts";
import { Tap } from "./tap.ts";
import type { Scene } from "./workloads.ts";

export interface TappedScene extends Scene {
  readonly tap: Tap;
}

/** So that each task costs two status writes, submitted and complete, in every run: with no time between them it may be one. */
const SECOND_POLL = { untilPoll: 2 };
const TASKS = [
  ...["configure-genesis", "config-apply", "config-patch", "config-validate", "mark-ready"],
  ...["snapshot-restore", "discover-peers", "configure-state-sync"],
  ...["generate-identity", "generate-gentx", "upload-genesis-artifacts", "set-genesis-peers"],
  ...["assemble-and-upload-genesis", "restart-seid", "gov-vote", "gov-software-upgrade"],
];

export class Stage {
  readonly world: World;
  readonly #taps = new Map<string, Tap>();
  #scenes = 0;

  private constructor(world: World) {
    this.world = world;
    for (const type of TASKS) world.simulator.script(type, SECOND_POLL);
    world.faults.api = (request, forward) =>
      this.#taps.get(request.namespace)?.api(request, forward) ?? forward();
    world.faults.sidecar = (request, forward) =>
      this.#taps.get(request.namespace)?.sidecar(request, forward) ?? forward();
  }

  static async start(): Promise<Stage> {
    return new Stage(await World.start({ faults: true, bucketPerNamespace: true }));
  }

  end(): Promise<void> {
    return endWorld(this.world);
  }

  async scene(): Promise<TappedScene> {
    this.#scenes += 1;
    // Of one length, so that no name is a part of another.
    const namespace = `run-${String(this.#scenes).padStart(4, "0")}`;
    const { code, stderr } = await this.world.controlPlane.kubectl(["create", "namespace", namespace]);
    if (code !== 0) throw new Error(`create namespace ${namespace}: ${stderr}`);
    const tap = new Tap(() => this.world.manager.kill());
    this.#taps.set(namespace, tap);
    return { world: this.world, namespace, tap };
  }

  /**
   * A new manager for one that was killed. Election stays on as in production; the dead leader's Lease is taken away, which
   * is what waiting for 15 s would come to.
   */
  async succeed(): Promise<void> {
    const { rest } = this.world;
    for (const { metadata } of await rest.list(leases, { namespace: MANAGER_NAMESPACE })) {
      await rest.delete(leases, { namespace: MANAGER_NAMESPACE, name: metadata.name });
    }
    await this.world.startManager();
  }

  /** A new manager if there is none: what ended the last one is the business of the run it happened in. */
  async revive(): Promise<void> {
    const { manager } = this.world;
    const alive = await Promise.race([manager.exited.then(() => false), Promise.resolve(true)]);
    if (!alive) await this.succeed();
  }

  /** Resolves when a fresh manager, which remembers nothing, has looked at everything and has nothing left to do. */
  async rest(): Promise<void> {
    await this.world.manager.stop();
    await this.world.startManager();
    await this.quiet();
  }

  /** Resolves when the manager has looked at everything and has nothing to do at the moment. */
  async quiet(): Promise<void> {
    const { nodes, groups, tasks, manager } = this.world;
    const looks = [
      [ControllerNames.seiNode, nodes.list().length],
      [ControllerNames.seiNodeDeployment, groups.list().length],
      [ControllerNames.seiNodeTask, tasks.list().length],
    ] as const;
    await untilMetrics(manager.metricsUrl, "everything looked at", (metrics) =>
      looks.every(
        ([controller, count]) =>
          metrics.sum("controller_runtime_reconcile_total", { controller }) >= count &&
          metrics.sum("controller_runtime_active_workers", { controller }) === 0 &&
          metrics.sum("workqueue_depth", { name: controller }) === 0,
      ),
    );
  }

  /** Of everybody, by namespace. */
  async audit(): Promise<ReadonlyMap<string, readonly AuditRecord[]>> {
    return Map.groupBy(await this.world.auditOfAll(), (record) => record.namespace);
  }

  /** What is in these scenes is deleted and no longer tapped, so that later managers need not look after it. */
  async clear(scenes: readonly Scene[]): Promise<void> {
    for (const { namespace } of scenes) this.#taps.delete(namespace);
    const { tasks, groups, nodes } = this.world;
    const each = (remove: (scene: Scene) => Promise<void>) => Promise.all(scenes.map(remove));
    await each((scene) => this.#removeAll(seiNodeTasks, tasks, scene));
    // Before its nodes, or it would make them anew.
    await each((scene) => this.#removeAll(seiNodeDeployments, groups, scene));
    await each((scene) => this.#removeAll(seiNodes, nodes, scene));
  }

  async #removeAll<T extends KubeObject>(
    resource: ResourceType<T>,
    informer: Informer<T>,
    { namespace }: Scene,
  ): Promise<void> {
    for (const { metadata } of informer.list({ namespace })) {
      const key = { namespace, name: metadata.name };
      try {
        await this.world.rest.delete(resource, key);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      await this.world.untilGone(informer, key);
    }
  }
}
