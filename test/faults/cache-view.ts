/**
 * What a manager's caches get to see, as opposed to what it asks live: its cluster-wide lists and its watches. They can be
 * frozen at an older moment, which is what a lagging API server or watch cache shows, and held or cut while they run.
 */
import type { ApiRequest, Disturb, RelayAnswer } from "../harness/faults/index.ts";

/** Why a watch that was held goes on: with what it missed, or not at all. Then the manager lists anew. */
export type Resumption = "delivered" | "cut";

interface Gate {
  readonly open: Promise<Resumption>;
  readonly let: (how: Resumption) => void;
}

export class CacheView {
  #moment: string | undefined;
  #gate: { readonly resources: ReadonlySet<string> | undefined; readonly gate: Gate } | undefined;
  readonly #awaited = new Map<string, { left: Set<string>; done: () => void }>();
  readonly #heldBack = new Set<string>();

  /**
   * Managers that are started from now on see the cluster as of this resourceVersion, until `thaw`; of `resources` only, if
   * given. Like an API server from before WatchList, so that they list by pages.
   */
  freeze(moment: string, resources?: readonly string[]): void {
    this.#moment = moment;
    this.hold(resources);
  }

  thaw(): void {
    this.#moment = undefined;
    this.release("delivered");
  }

  /** Watches say nothing from now on, those of `resources` if given. */
  hold(resources?: readonly string[]): void {
    const { promise, resolve } = Promise.withResolvers<Resumption>();
    this.#heldBack.clear();
    this.#gate = {
      resources: resources === undefined ? undefined : new Set(resources),
      gate: { open: promise, let: resolve },
    };
  }

  release(how: Resumption): void {
    const held = this.#gate;
    this.#gate = undefined;
    held?.gate.let(how);
  }

  /** Resources whose watches had something to say since they are held: the proof that a test held anything. */
  get heldBack(): ReadonlySet<string> {
    return this.#heldBack;
  }

  /** Resolves once the caches of all these resources were told of this text, by watch or list. */
  delivered(text: string, resources: readonly string[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited.set(text, { left: new Set(resources), done: resolve });
    return promise;
  }

  readonly disturb: Disturb<ApiRequest> = async (request, forward) => {
    const { verb, resource, namespace, query, url } = request;
    const held = this.#isHeld(resource);
    // A list of one namespace is a live read.
    if (verb === "list" && namespace === "" && held && this.#moment !== undefined) {
      const old = new URL(url, "http://api");
      old.searchParams.set("resourceVersion", this.#moment);
      old.searchParams.set("resourceVersionMatch", "Exact");
      return forward({ url: `${old.pathname}${old.search}` });
    }
    if (verb === "list" && namespace === "") {
      const answer = await forward();
      // A watch from long ago is refused, and the manager lists anew.
      if (typeof answer.body === "string") this.#told(resource, answer.body);
      return answer;
    }
    if (verb !== "watch") return forward();
    if (held && this.#moment !== undefined && query.get("sendInitialEvents") !== null) return noWatchList();
    const answer = await forward();
    if (typeof answer.body === "string") return answer;
    return { ...answer, body: this.#gated(resource, answer.body) };
  };

  async *#gated(resource: string, lines: AsyncIterable<string>): AsyncIterable<string> {
    for await (const line of lines) {
      while (this.#isHeld(resource)) {
        this.#heldBack.add(resource);
        // Cut: the relay destroys the connection when its body throws.
        if ((await this.#gate?.gate.open) === "cut") throw new Error("cut by the test");
      }
      yield line;
      this.#told(resource, line);
    }
  }

  #told(resource: string, what: string): void {
    for (const [text, { left, done }] of this.#awaited) {
      if (!what.includes(text) || !left.delete(resource) || left.size > 0) continue;
      this.#awaited.delete(text);
      done();
    }
  }

  #isHeld(resource: string): boolean {
    const held = this.#gate;
    return held !== undefined && (held.resources === undefined || held.resources.has(resource));
  }
}

function noWatchList(): RelayAnswer {
  const message = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
  const status = {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    reason: "Invalid",
    code: 422,
    message,
  };
  return {
    status: 422,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(status),
  };
}
