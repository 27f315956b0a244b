/**
 * A tiny API server in memory for one resource, with everything the overlay has to cope with under a test's control: when
 * an answer arrives, whether it arrives, what the watch has shown so far. It keeps the history that a reader may be shown.
 */
import { ApiError } from "../errors.ts";
import { formatKey, type ObjectKey } from "../object.ts";
import type { ConfigMap } from "../resources.ts";
import { configMap } from "./objects.ts";

export const selectedLabel = { app: "x" } as const;

export interface ModelEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: ConfigMap;
}

/** From this version on, readers behind the selector see this: `uid@version`, or `absent`. */
export interface ViewState {
  readonly version: number;
  readonly state: string;
}

/** With what the removal of an object is answered: a Status, or the object as it last was, before or at its end. */
export type DeleteAnswer = "status" | "before" | "end";

export class ModelServer {
  readonly #deleteAnswer: DeleteAnswer;
  version = 0;
  readonly events: ModelEvent[] = [];
  readonly #objects = new Map<string, ConfigMap>();
  readonly #views = new Map<string, ViewState[]>();
  #uids = 0;

  constructor(deleteAnswer: DeleteAnswer) {
    this.#deleteAnswer = deleteAnswer;
  }

  list(): ConfigMap[] {
    return [...this.#objects.values()].filter(isSelected);
  }

  views(name: string): ViewState[] {
    return this.#views.get(name) ?? [{ version: 0, state: "absent" }];
  }

  get(key: ObjectKey): ConfigMap {
    const object = this.#objects.get(formatKey(key));
    if (object === undefined) throw new ApiError(`get ${formatKey(key)}`, { class: "notFound", status: 404 });
    return structuredClone(object);
  }

  create(name: string, finalizers: string[] = []): ConfigMap {
    if (this.#objects.has(`ns/${name}`))
      throw new ApiError("exists", { class: "alreadyExists", status: 409 });
    return this.#put(
      configMap(name, 0, { uid: `${name}-${++this.#uids}`, labels: selectedLabel, finalizers }),
    );
  }

  touch(name: string): ConfigMap {
    return this.#put(this.get({ namespace: "ns", name }));
  }

  /** Moves the object out of the selector, or back into it. */
  relabel(name: string, selected: boolean): ConfigMap {
    const object = this.get({ namespace: "ns", name });
    if (isSelected(object) === selected) return object;
    object.metadata.labels = selected ? { ...selectedLabel } : {};
    return this.#put(object);
  }

  /** Answers as the API server does: the object while a finalizer holds it, what the resource answers when it is gone. */
  delete(name: string): object {
    const object = this.get({ namespace: "ns", name });
    if ((object.metadata.finalizers ?? []).length > 0) {
      if (object.metadata.deletionTimestamp !== undefined) return object;
      object.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
      return this.#put(object);
    }
    const last = this.#remove(object);
    if (this.#deleteAnswer === "before") return object;
    if (this.#deleteAnswer === "end") return last;
    return {
      kind: "Status",
      apiVersion: "v1",
      status: "Success",
      details: { name, uid: object.metadata.uid },
    };
  }

  /** Taking the last finalizer off a terminating object removes it; the answer shows it without. */
  unfinalize(name: string): ConfigMap {
    const object = this.get({ namespace: "ns", name });
    if ((object.metadata.finalizers ?? []).length === 0) return object;
    object.metadata.finalizers = [];
    if (object.metadata.deletionTimestamp === undefined) return this.#put(object);
    this.#remove(object);
    return object;
  }

  #put(object: ConfigMap): ConfigMap {
    const id = `ns/${object.metadata.name}`;
    const before = this.#objects.get(id);
    object.metadata.resourceVersion = String(++this.version);
    this.#objects.set(id, object);
    const [was, is] = [before !== undefined && isSelected(before), isSelected(object)];
    if (was || is) this.#tell(is ? (was ? "MODIFIED" : "ADDED") : "DELETED", object);
    return structuredClone(object);
  }

  #remove(object: ConfigMap): ConfigMap {
    this.#objects.delete(`ns/${object.metadata.name}`);
    const last = structuredClone(object);
    last.metadata.resourceVersion = String(++this.version);
    if (isSelected(object)) this.#tell("DELETED", last);
    return last;
  }

  #tell(type: ModelEvent["type"], object: ConfigMap): void {
    const { name, uid, resourceVersion } = object.metadata;
    this.events.push({ type, object: structuredClone(object) });
    const state = type === "DELETED" ? "absent" : `${uid}@${resourceVersion}`;
    this.#views.set(name, [...this.views(name), { version: this.version, state }]);
  }
}

function isSelected(object: ConfigMap): boolean {
  return object.metadata.labels?.app === selectedLabel.app;
}
