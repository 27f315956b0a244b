/** What the demo shows at one moment. Plain data: made by `board.ts`, drawn by the files beside this one. */

export type Mark = "ok" | "busy" | "warn" | "bad";
/** A mark is a sign as well as a colour: colour alone would tell nothing on paper or to who cannot see it. */
export const SIGNS: Readonly<Record<Mark, string>> = { ok: "✔", busy: "◌", warn: "⚠", bad: "✖" };

export interface PodView {
  readonly name: string;
  readonly mark: Mark;
  /** `Running`, `Terminating`, or what its container waits for: `ImagePullBackOff`. */
  readonly state: string;
  readonly ready: boolean;
  /** The hash of its StatefulSet revision; empty when it has none. */
  readonly revision: string;
  readonly image: string;
}

export interface NodeView {
  readonly name: string;
  readonly mark: Mark;
  readonly phase: string;
  /** `5/7 replace-pod`; empty without an active plan. */
  readonly task: string;
  /** `sei:v6.3.0`, or `sei:v6.3.0 → v6.4.0` while the wanted image is another one. */
  readonly image: string;
  /** Status of the condition Ready; empty before there is one. */
  readonly ready: string;
  /** Why it is not ready or stalled, as reasons; empty when all is well. */
  readonly health: string;
  /** What is known of keys it brought itself: `signing key ✔, node key ✖`; empty when there are none. */
  readonly keys: string;
  readonly pods: readonly PodView[];
  /** The SeiNodeTasks on it. */
  readonly tasks: readonly TaskView[];
}

export interface TaskView {
  readonly name: string;
  readonly mark: Mark;
  /** `RestartSeid` */
  readonly kind: string;
  readonly phase: string;
  /** Status of the condition Ready: True once it is complete; empty before. */
  readonly ready: string;
  /** Why it is where it is, as a reason. */
  readonly reason: string;
}

/** A SeiNodeDeployment. */
export interface GroupView {
  readonly name: string;
  readonly mark: Mark;
  readonly phase: string;
  /** As of a node. */
  readonly task: string;
  /** What its template asks for. */
  readonly image: string;
  readonly ready: string;
  /** `2 of 3 Ready`: its nodes */
  readonly count: string;
  /** Why it is not ready or stalled, as reasons; empty when all is well. */
  readonly health: string;
  readonly nodes: readonly NodeView[];
}

/** Everything there is. */
export interface Forest {
  /** Those of no group. */
  readonly nodes: readonly NodeView[];
  readonly groups: readonly GroupView[];
}

export interface StepView {
  readonly title: string;
  readonly state: "running" | "done" | "failed";
  readonly elapsedMs: number;
  /** What was seen on the way, oldest first. */
  readonly notes: readonly string[];
}

export interface Screen extends Forest {
  readonly title: string;
  readonly elapsedMs: number;
  readonly steps: readonly StepView[];
  /** What the machinery of the demo itself has to say, oldest first: a server that died, an error of the simulator. */
  readonly notices: readonly string[];
}
