/**
 * Starts the manager again whenever it ends, as its Deployment does. A manager that cannot renew its lease in time must end, and
 * on a machine with a hundred other things to do that happens to the best.
 */
import type { World } from "./world.ts";

export interface Keeper {
  /** How the managers ended that were replaced. */
  readonly ends: readonly string[];
  /** The next end is not noticed any more. To be called before the world ends. */
  stop(): Promise<void>;
}

/** The manager that runs now, and each after it. */
export function keepRunning(world: World): Keeper {
  const ends: string[] = [];
  let stopped = false;
  let restarting: Promise<void> = Promise.resolve();
  const keep = () => {
    void world.manager.exited.then((how) => {
      if (stopped) return;
      ends.push(how);
      restarting = world.startManager().then(keep, (error: unknown) => {
        process.emitWarning(`the manager could not be started again: ${String(error)}`);
      });
    });
  };
  keep();
  return {
    ends,
    stop() {
      stopped = true;
      return restarting;
    },
  };
}
