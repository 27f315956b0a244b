/** The demo from end to end: starts the cluster, shows the story, reports, stays until it is stopped, cleans up. */
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "#clock";
import { type ControlPlane, startControlPlane } from "#devcluster";
import { Board } from "./board.ts";
import type { Claim } from "./claim.ts";
import { type Cluster, NAMESPACE, startCluster } from "./cluster.ts";
import { type Display, type Output, openLiveDisplay, openPlainDisplay } from "./display.ts";
import { claimsFrom } from "./evidence.ts";
import { MANIFESTS, readGroup, readNodes } from "./manifests.ts";
import { accessReport, failureReport, storyReport } from "./report.ts";
import { NEW_IMAGE, playStory, UPGRADED } from "./story.ts";
import { seconds } from "./view/text.ts";
import { unlessAborted } from "./wait.ts";

const SAMPLES = fileURLToPath(new URL("../../config/samples", import.meta.url));
const LOG_TAIL_LINES = 20;
/** On a terminal a state stays for a moment, or nobody would see the halted node. */
const PAUSE_MS = 1500;

export interface DemoOptions {
  /** Exit after the story. */
  readonly once: boolean;
  readonly output: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called when there is something to clean up: from then on a signal must go to the controller given. */
  readonly onStarted: (stopping: AbortController) => void;
}

/** The reason of an abort that somebody asked for. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Resolves with the exit code, after everything is stopped and removed. Rejects when the control plane cannot start. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { output, env, once } = options;
  const isLive = output.isTTY === true && env.TERM !== "dumb";
  const colour = isLive && (env.NO_COLOR ?? "") === "";
  // Reports are read at leisure and copied from: a terminal wraps them, nothing is cut off.
  const paper = { columns: Number.POSITIVE_INFINITY, colour };
  const print = (lines: readonly string[]) => void output.write(lines.map((line) => `${line}\n`).join(""));

  const board = new Board("Sei operator demo: real Kubernetes, simulated nodes", systemClock);
  let display: Display | undefined = isLive ? undefined : openPlainDisplay(board, output, systemClock);
  const leaveDisplay = () => {
    display?.close();
    display = undefined;
  };
  if (isLive) print(["Starting etcd, kube-apiserver and kube-controller-manager ..."]);
  // A build shows its progress in lines, before there is a screen to be redrawn.
  const log = (line: string) => (display === undefined ? print([line]) : board.notice(line));

  let cluster: Cluster | undefined;
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(leaveDisplay);
  const stopping = new AbortController();
  const { signal } = stopping;
  try {
    const controlPlane = await board.steps.run("start etcd, kube-apiserver and kube-controller-manager", () =>
      startControlPlane({ auditLog: true, log }),
    );
    cleanup.defer(() => controlPlane.stop());
    options.onStarted(stopping);
    if (isLive) display = openLiveDisplay(board, output, systemClock, colour);
    cluster = await startCluster({ controlPlane, board, cleanup, stopping });
    const outcome = await playStory(cluster, board, { pauseMs: isLive ? PAUSE_MS : 0 });
    const claims = claimsFrom(outcome.evidence);
    leaveDisplay();
    const elapsed = seconds(board.elapsedMs);
    print(storyReport({ timings: outcome.timings, claims, elapsed }, paper));
    const code = exitCodeOf(claims);
    if (once) return code;
    print(accessReport(await accessTo(controlPlane, cluster, env)));
    display = openPlainDisplay(board, output, systemClock, { readerKnowsAll: true });
    await unlessAborted(new Promise<never>(() => {}), signal).catch((reason: unknown) => {
      if (!(reason instanceof Interrupted)) throw reason;
    });
    print(["", "Stopping ..."]);
    return code;
  } catch (error) {
    leaveDisplay();
    if (error instanceof Interrupted) {
      print(["", "Stopping ..."]);
      return 130;
    }
    print(failureReport(await describeFailure(error, board, cluster), paper));
    return 1;
  }
}

function exitCodeOf(claims: readonly Claim[]): number {
  return claims.every(({ holds }) => holds) ? 0 : 1;
}

async function describeFailure(error: unknown, board: Board, cluster: Cluster | undefined) {
  const log = await cluster?.manager.log().catch((cause: unknown) => `(no log: ${String(cause)})`);
  return {
    message: error instanceof Error ? error.message : String(error),
    forest: board.forest(),
    nodes: cluster?.nodes.list() ?? [],
    logTail: log?.trimEnd().split("\n").slice(-LOG_TAIL_LINES).join("\n"),
  };
}

async function accessTo(controlPlane: ControlPlane, cluster: Cluster, env: DemoOptions["env"]) {
  const other = (await readNodes()).find(({ metadata }) => metadata.name !== UPGRADED);
  const group = await readGroup(MANIFESTS.rpc);
  return {
    kubeconfig: controlPlane.adminKubeconfig,
    kubectl: (await isOnPath("kubectl", env)) ? undefined : controlPlane.kubectlBinary,
    kubectlCache: join(controlPlane.directory, "kubectl-cache"),
    namespace: NAMESPACE,
    node: other?.metadata.name ?? UPGRADED,
    group: group.metadata.name,
    samples: SAMPLES,
    image: NEW_IMAGE,
    managerLog: cluster.manager.logFile,
  };
}

async function isOnPath(command: string, env: DemoOptions["env"]): Promise<boolean> {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = await Promise.allSettled(
    folders.map((folder) => access(join(folder, command), constants.X_OK)),
  );
  return found.some(({ status }) => status === "fulfilled");
}
