/** Tasks about the seid process and the ready flag. */
import { requiredPositive, type TaskContext, type TaskHandler } from "./context.ts";

export const markReady: TaskHandler = ({ setReady }) => setReady(true);

/** [new] Also forgets stored mark-ready rows, so that a later mark-ready under the same id runs again. */
export const markNotReady: TaskHandler = ({ setReady, forgetTasks }) => {
  setReady(false);
  forgetTasks("mark-ready");
};

const pollMs = 100;

export const awaitCondition: TaskHandler = async (context) => {
  const { condition, action } = context.params;
  if (condition === "height") {
    const target = requiredPositive(context, "targetHeight");
    await poll(context, () => (rpcHeight(context) ?? 0) >= target);
  } else if (condition === "catchingUp" && context.version === "new") {
    await poll(context, () => !context.seidSettings.catchingUp && (rpcHeight(context) ?? 0) > 1);
  } else {
    throw new Error(`unknown condition: "${String(condition ?? "")}"`);
  }
  if (action === undefined || action === "") return;
  if (action !== "SIGTERM_SEID") throw new Error(`unknown action: "${String(action)}"`);
  const seid = context.seid();
  if (seid === undefined || !seid.processExists) throw new Error("seid process not found");
  if (seid.terminate()) return;
  const stopped = await context.changes.until(() => !seid.processExists, {
    clock: context.clock,
    timeoutMs: 30_000,
    signal: context.signal,
  });
  if (!stopped) seid.kill();
};

/** Rules of spec/sidecar.md 8.6: never SIGKILL, never report a restart that did not happen. */
export const restartSeid: TaskHandler = async (context) => {
  const { changes, clock, restartLimits, signal } = context;
  await stopRunningSeid(context);
  const up = await changes.until(() => rpcHeight(context) !== undefined, {
    clock,
    timeoutMs: restartLimits.upMs,
    signal,
  });
  if (!up) throw new Error(`seid RPC did not come up within ${goDuration(restartLimits.upMs)}`);
};

/** [new] */
export const stopSeid: TaskHandler = stopRunningSeid;

async function stopRunningSeid(context: TaskContext): Promise<void> {
  const { changes, clock, restartLimits, signal } = context;
  const seid = context.seid();
  if (seid === undefined || !seid.processExists) {
    if (rpcHeight(context) !== undefined) {
      throw new Error(
        "seid not found in /proc but its RPC answers; refusing to report a restart that did not happen",
      );
    }
    return;
  }
  seid.terminate();
  const timeoutMs = restartLimits.graceMs;
  const stopped = await changes.until(() => !seid.processExists, { clock, timeoutMs, signal });
  if (!stopped)
    throw new Error(`seid (pid 42) still alive ${goDuration(timeoutMs)} after SIGTERM; left running`);
}

function rpcHeight(context: TaskContext): number | undefined {
  const seid = context.seid();
  return seid?.rpcUp === true ? seid.height : undefined;
}

async function poll(context: TaskContext, predicate: () => boolean): Promise<void> {
  while (!predicate()) await context.clock.sleep(pollMs, context.signal);
}

/** `90000` -> `1m30s`, as Go prints a duration of whole seconds. */
function goDuration(ms: number): string {
  const seconds = ms / 1000;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
