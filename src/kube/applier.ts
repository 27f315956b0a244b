/**
 * Keeps an owned object in shape by server-side apply, without sending an apply that would change nothing.
 *
 * The rule (design 4.2): an apply is skipped only if what we want equals our last successful apply in this process and
 * the live object still is the one that answered it, with the same values at the paths we applied. The first sight of
 * an object applies once; an apply whose answer was lost forgets. resourceVersion decides nothing: status moves it.
 */
import type { Client, DeepReadonly, KubeObject, Manifest, ResourceType } from "./client.ts";
import { ownershipTransfer } from "./field-ownership.ts";
import { projectOnto, sameJson } from "./json.ts";
import { apiVersionOf, formatKey, keyOf } from "./object.ts";

interface Applied {
  manifest: Manifest;
  uid: string;
  /** The answer's values at the applied paths: the manifest as the server defaulted and normalised it. */
  projection: unknown;
}

export class Applier {
  readonly #client: Client;
  readonly #fieldManager: string;
  readonly #formerManagers: readonly string[];
  readonly #applied = new Map<string, Applied>();

  /** `formerManagers`: names under which earlier versions of the operator wrote with PUT. */
  constructor(client: Client, fieldManager: string, formerManagers: readonly string[]) {
    this.#client = client;
    this.#fieldManager = fieldManager;
    this.#formerManagers = formerManagers;
  }

  /**
   * `existing` is the object as the cache has it; `undefined` when there is none. With it, the apply carries its uid and
   * takes fields over (unless `force` is false); without it, the apply neither forces nor names a uid, so that an object
   * of somebody else that the cache has not shown yet answers with a conflict instead of being taken over.
   *
   * `exact`: the apply also carries the resourceVersion of `existing`. For manifests that repeat what `existing` holds, or
   * that were made because of it: rejects with class `conflict` when the object has changed since.
   */
  async apply<T extends KubeObject>(
    resource: ResourceType<T>,
    manifest: Manifest,
    existing: DeepReadonly<T> | undefined,
    signal: AbortSignal,
    options: { force?: boolean; exact?: boolean } = {},
  ): Promise<DeepReadonly<T>> {
    const memoryKey = memoryKeyOf(resource, manifest);
    const last = this.#applied.get(memoryKey);
    if (
      last !== undefined &&
      existing !== undefined &&
      existing.metadata.uid === last.uid &&
      sameJson(last.manifest, manifest) &&
      sameJson(projectOnto(existing, manifest), last.projection)
    ) {
      return existing;
    }

    const takesOver = existing !== undefined && last === undefined && this.#formerManagers.length > 0;
    const seen = takesOver ? await this.#takeOverFields(resource, manifest, existing, signal) : existing;
    this.#applied.delete(memoryKey);
    const precondition = seen && {
      uid: seen.metadata.uid,
      ...(options.exact === true && { resourceVersion: seen.metadata.resourceVersion }),
    };
    const answer = await this.#client.apply<T>(
      resource,
      { ...manifest, metadata: { ...manifest.metadata, ...precondition } },
      { fieldManager: this.#fieldManager, force: options.force ?? existing !== undefined },
      signal,
    );
    this.#applied.set(memoryKey, {
      manifest,
      uid: answer.metadata.uid,
      projection: projectOnto(answer, manifest),
    });
    return answer;
  }

  /** Drops what is remembered of the object with this name. To be called when its owner is gone. */
  forget(resource: ResourceType, key: { namespace: string; name: string }): void {
    this.#applied.delete(memoryKeyOf(resource, { metadata: key }));
  }

  /**
   * Once per object and process. Reads live: the cache drops managedFields. Returns the version whose resourceVersion an
   * exact apply has to carry: the one `existing` became by the transfer alone, or `existing` when it had changed before.
   */
  async #takeOverFields<T extends KubeObject>(
    resource: ResourceType<T>,
    manifest: Manifest,
    existing: DeepReadonly<T>,
    signal: AbortSignal,
  ): Promise<DeepReadonly<T>> {
    const live = await this.#client.live.get(resource, keyOf(manifest), signal);
    const operations = ownershipTransfer(live, this.#fieldManager, this.#formerManagers);
    if (operations === undefined) return existing;
    const moved = await this.#client.jsonPatch<T>(resource, keyOf(manifest), operations, signal);
    return live.metadata.resourceVersion === existing.metadata.resourceVersion ? moved : existing;
  }
}

function memoryKeyOf(
  resource: ResourceType,
  manifest: { metadata: { readonly namespace?: string; readonly name: string } },
): string {
  return `${apiVersionOf(resource)}/${resource.plural}/${formatKey(keyOf(manifest))}`;
}
