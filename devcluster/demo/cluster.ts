/** Everything the demo runs on, started in steps a viewer can follow. */
import { Labels, seiNodeDeployments, seiNodes, seiNodeTasks } from "#api";
import { type Clock, systemClock, systemRandom } from "#clock";
import {
  type ControlPlane,
  installManagerAccess,
  type ManagerProcess,
  type Simulator,
  startManager,
  startSimulator,
} from "#devcluster";
import { createInformer, createRestClient, loadClusterConfig, pods, type RestClient } from "#kube";
import type { Board, Watched } from "./board.ts";
import { unlessAborted } from "./wait.ts";

/** The namespace of `manifests/`. */
export const NAMESPACE = "sei";

export interface Cluster extends Watched {
  readonly controlPlane: ControlPlane;
  readonly simulator: Simulator;
  readonly manager: ManagerProcess;
  /** With admin rights: the hand that holds kubectl. */
  readonly rest: RestClient;
  readonly clock: Clock;
  /** Aborted by Ctrl-C, and when the manager dies. */
  readonly signal: AbortSignal;
}

export interface ClusterOptions {
  readonly controlPlane: ControlPlane;
  readonly board: Board;
  /** What was started is put on it to be stopped, also when starting fails half-way. */
  readonly cleanup: AsyncDisposableStack;
  readonly stopping: AbortController;
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { controlPlane, board, cleanup, stopping } = options;
  const { signal } = stopping;
  const kubeconfig = controlPlane.adminKubeconfig;
  const { simulator, rest, watched } = await board.steps.run(
    "install the CRDs, the roles and a simulated node",
    async () => {
      await unlessAborted(
        Promise.all([controlPlane.installCrds(), installManagerAccess(controlPlane)]),
        signal,
      );
      const onError = (about: string, error: unknown) =>
        board.notice(`simulator: ${about}: ${String(error)}`);
      const simulator = await unlessAborted(startSimulator({ kubeconfig, onError }), signal);
      cleanup.defer(() => simulator.stop());
      const config = await loadClusterConfig({ kubeconfig, env: {} });
      const rest = createRestClient(config, { clock: systemClock, random: systemRandom, userAgent: "demo" });
      cleanup.defer(() => rest.close());
      return { simulator, rest, watched: await watch(rest, cleanup, signal) };
    },
  );
  board.show(watched);
  const manager = await board.steps.run(
    "start the manager under its ServiceAccount and the shipped roles",
    () => unlessAborted(startManager({ controlPlane, proxyUrl: simulator.proxyUrl }), signal),
  );
  cleanup.defer(() => manager.kill());
  void manager.exited.then((how) => stopping.abort(new Error(`the manager ended (${how})`)));
  return { controlPlane, simulator, manager, rest, ...watched, clock: systemClock, signal };
}

async function watch(rest: RestClient, cleanup: AsyncDisposableStack, signal: AbortSignal): Promise<Watched> {
  const common = { namespace: NAMESPACE, clock: systemClock, random: systemRandom };
  const watched = {
    groups: createInformer(rest, seiNodeDeployments, common),
    nodes: createInformer(rest, seiNodes, common),
    pods: createInformer(rest, pods, { ...common, labelSelector: Labels.node }),
    tasks: createInformer(rest, seiNodeTasks, common),
  };
  const informers = Object.values(watched);
  const ending = new AbortController();
  const watching = informers.map((informer) => informer.start(ending.signal));
  cleanup.defer(async () => {
    ending.abort(new Error("the demo ends"));
    await Promise.all(watching);
  });
  await Promise.all(informers.map((informer) => informer.synced(signal)));
  return watched;
}
