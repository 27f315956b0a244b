/**
 * `make demo`: real Kubernetes brings up full nodes, an archive and a validator with keys of its own, founds a chain, carries
 * a halted node and a halted group through an upgrade, and restarts seid of a node. Stays until Ctrl-C; with DEMO_ONCE=1 it
 * exits after the story, 0 when everything it claims was seen and 1 otherwise.
 */
import { Interrupted, runDemo } from "./demo.ts";

const INTERRUPTED = 130;

try {
  const code = await runDemo({
    once: (process.env.DEMO_ONCE ?? "0") !== "0",
    output: process.stdout,
    env: process.env,
    // Only then: until there is something to clean up a signal may end us on the spot (a build can take minutes). After
    // the first signal the next one does so again; nothing stays behind even then (control-plane/child.ts).
    onStarted(stopping) {
      const stop = (why: string) => stopping.abort(new Interrupted(why));
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stop(signal));
      process.stdout.on("error", () => stop("nobody reads the output"));
    },
  });
  // What was still being started when the signal came would keep us alive until its own time-out.
  if (code === INTERRUPTED) process.exit(code);
  process.exitCode = code;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
