/** The sidecar of one node in the pass tests (group-world.ts). Real code never imports it. */
import { type SidecarClient, SidecarError, type SidecarTaskResult } from "#sidecar";

/** Does as the test says. Its tasks end in the moment they are POSTed. */
export class NodeSidecar {
  ready = true;
  silent = false;
  /** Error texts for the next tasks, oldest first. */
  readonly failures: string[] = [];
  readonly posted: string[] = [];
  result: unknown;
  readonly #tasks = new Map<string, SidecarTaskResult>();
  readonly client: SidecarClient;

  constructor(nodeId: string) {
    this.client = {
      isReady: async () => this.#answer(this.ready),
      nodeId: async () => this.#answer(nodeId),
      submit: async ({ id, type }) => {
        this.#answer(undefined);
        this.posted.push(type);
        const error = this.failures.shift();
        const run = (this.#tasks.get(id)?.run ?? 0) + 1;
        this.#tasks.set(id, {
          id,
          type,
          run,
          ...(error === undefined
            ? { status: "completed", result: this.result }
            : { status: "failed", error }),
        });
        if (type === "mark-ready" && error === undefined) this.ready = true;
      },
      task: async (id) => this.#answer(this.#tasks.get(id)),
    };
  }

  #answer<T>(value: T): T {
    if (this.silent) throw new SidecarError("no answer", { class: "unreachable" });
    return value;
  }
}
