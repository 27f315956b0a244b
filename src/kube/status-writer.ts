/**
 * The one status write of a reconcile: a merge patch on /status that carries the resourceVersion the decision was made
 * on, sent only when it would change something (design section 2, "one reconcile, one status write").
 */
import type { Client, DeepReadonly, KubeObject, ResourceType } from "./client.ts";
import { mergePatchBetween, sameJson } from "./json.ts";
import { formatKey, keyOf } from "./object.ts";

interface LastWrite {
  uid: string;
  sent: unknown;
  answered: unknown;
}

type WithStatus = KubeObject & { status?: unknown };

export class StatusWriter<T extends WithStatus> {
  readonly #client: Client;
  readonly #resource: ResourceType<T>;
  readonly #last = new Map<string, LastWrite>();

  constructor(client: Client, resource: ResourceType<T>) {
    this.#client = client;
    this.#resource = resource;
  }

  /**
   * Brings `/status` from what `object` carries to `status`. Returns the newest object: the server's answer, or
   * `object` itself when nothing had to be sent. Rejects with class `conflict` when the object changed meanwhile.
   */
  async flush(object: DeepReadonly<T>, status: unknown, signal: AbortSignal): Promise<DeepReadonly<T>> {
    const key = formatKey(keyOf(object));
    const current = object.status;
    const patch = mergePatchBetween(current, status);
    if (patch === undefined || this.#wasPruned(key, object.metadata.uid, current, status)) return object;

    const answer = await this.#client.mergePatch<T>(
      this.#resource,
      keyOf(object),
      { metadata: { resourceVersion: object.metadata.resourceVersion }, status: patch },
      { subresource: "status" },
      signal,
    );
    // Only a write that the server did not store as sent is remembered: that is what an older CRD does to new fields.
    if (sameJson(answer.status, status)) this.#last.delete(key);
    else this.#last.set(key, { uid: object.metadata.uid, sent: status, answered: answer.status });
    return answer;
  }

  forget(key: string): void {
    this.#last.delete(key);
  }

  /** The same status was sent before and the server kept less of it: sending it again would write for ever. */
  #wasPruned(key: string, uid: string, current: unknown, status: unknown): boolean {
    const last = this.#last.get(key);
    return (
      last !== undefined &&
      last.uid === uid &&
      sameJson(last.sent, status) &&
      sameJson(last.answered, current)
    );
  }
}
