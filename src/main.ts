/**
 * The process: reads flags and environment, runs the operator, ends with its exit code.
 *
 *     0 stopped by SIGTERM or SIGINT     1 could not start, lost the lease, or failed     2 wrong command line
 *
 * A second signal ends it at once.
 */
import { systemClock, systemRandom } from "#clock";
import { ClusterConfigError, loadClusterConfig } from "#kube";
import { createLogger } from "#telemetry";
import { parseFlags } from "./flags.ts";
import { createOperator } from "./operator.ts";
import { loadSettings, type Settings, SettingsError, settingsWarnings } from "./settings.ts";

async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const parsed = parseFlags(args);
  if (parsed.kind === "help") {
    process.stderr.write(parsed.usage);
    return 0;
  }
  if (parsed.kind === "problems") {
    // The environment is told about too: one round of corrections is enough then.
    const lines = [...parsed.problems, ...settingsProblems(env)];
    process.stderr.write(`${lines.join("\n")}\n${parsed.usage}`);
    return 2;
  }
  const { flags } = parsed;
  const log = createLogger(flags.log, systemClock);
  const setup = log.child({ logger: "setup" });
  dieOnBugs((error) => setup.error({ error }, "unhandled error, exiting"));
  const stop = stopOnSignals();

  let settings: Settings;
  try {
    settings = loadSettings(env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const problem of error.problems) setup.error(problem, "invalid platform setting");
    return 1;
  }
  for (const warning of settingsWarnings(env)) setup.warn({}, warning);
  setup.info({ image: settings.sidecarImage }, "resolved sidecar image");

  try {
    const { kubeconfig } = flags;
    const cluster = await loadClusterConfig(kubeconfig === "" ? { env } : { env, kubeconfig });
    setup.info({ server: cluster.server, source: cluster.source }, "starting manager");
    const clock = systemClock;
    const manager = await createOperator({
      flags,
      settings,
      cluster,
      env,
      clock,
      random: systemRandom,
      log,
    });
    const code = await manager.run(stop);
    setup.info({ code }, "manager stopped");
    return code;
  } catch (error) {
    setup.error({ error: error instanceof ClusterConfigError ? error.message : error }, "cannot start");
    return 1;
  }
}

function settingsProblems(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadSettings(env);
    return [];
  } catch (error) {
    return error instanceof SettingsError ? error.message.split("\n") : [String(error)];
  }
}

function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort(new Error(`received ${signal}`));
    });
  }
  return controller.signal;
}

/** A promise nobody waits for and a throw nobody catches are bugs; a process in an unknown state must not write on. */
function dieOnBugs(report: (error: unknown) => void): void {
  for (const event of ["unhandledRejection", "uncaughtException"] as const) {
    process.on(event, (error: unknown) => {
      report(error);
      process.exit(1);
    });
  }
}

process.exit(await main(process.argv.slice(2), process.env));
