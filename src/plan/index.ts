/**
 * Plans: building one, its deterministic ids, the engine that executes it, and the way a sidecar task becomes one of its tasks.
 * Does not live here: which tasks a plan holds, the controller's own tasks, and what a plan's end means for a phase (the kinds).
 *
 * Two things a newcomer gets wrong: a task may be called again after a crash in the middle of any call, so memory may pace it but
 * never decide; and the plan that comes back with an error still has to be persisted.
 */
export * from "./build.ts";
export * from "./contract.ts";
export * from "./engine.ts";
export * from "./ids.ts";
export * from "./plan-retries.ts";
export * from "./poll-schedule.ts";
export * from "./sidecar-task.ts";
