/** What a kind of SeiNodeTask says about itself. Everything else is the same for all kinds. */
import type { SeiNode, SeiNodeTaskSpec, SeiNodeTaskStatus } from "#api";
import type { DeepReadonly } from "#kube";
import type { Task } from "#plan";
import type { SeiNodeTaskRuntime } from "../deps.ts";
import type { Pass } from "../pass.ts";

export type TaskParams = Readonly<Record<string, unknown>>;
export type Outputs = NonNullable<SeiNodeTaskStatus["outputs"]>;

export interface Execution {
  readonly runtime: SeiNodeTaskRuntime;
  readonly pass: Pass;
  /** As the cache has it; it shows the phase the task asks for. */
  readonly target: DeepReadonly<SeiNode>;
}

export interface TaskKind {
  /** Type of the work behind it: a sidecar task, or `update-node-image`. */
  readonly taskType: string;
  /** Absent: no limit unless the task sets one. */
  readonly timeLimitMs?: number;
  /**
   * The arguments of the work, fixed when the execution is recorded; `undefined` when it takes none. Throws ParamsError or
   * InvalidParamsError when the payload or the target does not allow it.
   */
  params(spec: DeepReadonly<SeiNodeTaskSpec>, target: DeepReadonly<SeiNode>): TaskParams | undefined;
  /** Throws InvalidParamsError when recorded arguments are none of this kind's. */
  check(params: unknown): void;
  /** The work, as a task of a plan: called until it ends, and after a crash in the middle of any call. */
  task(execution: Execution): Task;
  /** What goes into `status.outputs`. `result`: as the task's outcome carried it, of whatever shape. */
  outputs?(result: unknown): Outputs | undefined;
}
