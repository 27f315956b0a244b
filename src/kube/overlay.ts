/**
 * Read-your-own-writes for one resource: what our own writes told us, laid over what the watch has told so far, until
 * the watch has caught up. A read that passes through here never gives an older state than our last answered write.
 *
 * What may lie over one key:
 *
 *   written  the object our write answered with. Until the watch position includes its resourceVersion.
 *   outside  our write took the object out of the informer's selector. The watch will report that as a deletion; until
 *            its position includes that write, the key is hidden.
 *   gone     our delete removed it. The answer has no resourceVersion, so: this uid is hidden until the watch reports it
 *            deleted, or shows a later object of the same name. It is *blind* when no version of what is gone is known (a
 *            live read that found nothing, say): an object of that name that the watch shows then may be an older or a
 *            newer one, and only a live read can tell.
 *
 * and beside it, a key may be *dirty*: a write was sent and its answer lost, so nobody knows. The next read is to be live.
 *
 * Order is told by two things only: resourceVersions, and tickets, which say what began before what in this process.
 * `gone` and dirty have no resourceVersion to be waited for; a list begun after them settles them, and so does a watch
 * that has still been moving two minutes later: whatever it was to tell, it has told by then. So nothing stays for ever.
 */
import type { Clock } from "#clock";
import { hasLabels } from "./label-selector.ts";
import { type DeepReadonly, formatKey, type KubeObject, keyOf, type ObjectKey } from "./object.ts";
import { compareVersions, includesVersion } from "./resource-version.ts";
import { type Indexes, type Selection, Store, type StoreEntry } from "./store.ts";

/** Taken before a request goes out: what was known when it began. */
export interface Ticket {
  readonly number: number;
  readonly position: string | undefined;
}

type Mark = { readonly number: number } & (
  | { readonly kind: "written"; readonly uid: string; readonly version: string }
  | { readonly kind: "outside"; readonly version: string }
  /** `lastVersion`: the newest state known of the uid. Anything of that name up to it is older than the deletion. */
  | (Gone & { readonly kind: "gone"; readonly since: number })
);

interface Gone {
  readonly uid: string | undefined;
  readonly lastVersion: string;
  readonly blind: boolean;
}

interface Dirty {
  readonly number: number;
  readonly since: number;
  readonly key: ObjectKey;
  /** Label sets the object may have; undefined when it may have any. */
  readonly labels: readonly Labels[] | undefined;
}

type Labels = Readonly<Record<string, string>>;

const settledAfterMs = 120_000;
const sweepEveryMs = 60_000;

export class Overlay<T extends KubeObject> {
  readonly #clock: Clock;
  readonly #marks = new Map<string, Mark>();
  /** The objects of the `written` marks, under the same indexes as the informer's own store. */
  readonly #written: Store<T>;
  readonly #dirty = new Map<string, Dirty>();
  #number = 0;
  #position: string | undefined;
  #sweptAt = 0;

  constructor(clock: Clock, indexes?: Indexes<T>) {
    this.#clock = clock;
    this.#written = new Store(indexes);
  }

  /** Up to where the watch or a list has been processed. */
  get position(): string | undefined {
    return this.#position;
  }

  ticket(): Ticket {
    return { number: ++this.#number, position: this.#position };
  }

  // What our requests tell.

  /** A write or a live read that began with this ticket answered with this object. */
  answered(entry: StoreEntry<T>, ticket: Ticket): void {
    const { uid, resourceVersion: version } = entry.object.metadata;
    this.#settleDirty(entry.key, ticket);
    const mark = this.#marks.get(entry.key);
    // Asked after we took it for gone, the server shows it.
    if (mark?.kind === "gone" && (mark.uid === uid || mark.blind) && mark.number < ticket.number)
      this.#drop(entry.key);
    if (this.#supersedes(entry.key, uid, version))
      this.#mark(entry.key, { kind: "written", uid, version }, entry);
  }

  /** The same, of an object that the informer's selector leaves out. */
  answeredOutside(key: ObjectKey, uid: string, version: string, ticket: Ticket): void {
    const id = formatKey(key);
    this.#settleDirty(id, ticket);
    if (this.#supersedes(id, uid, version)) this.#mark(id, { kind: "outside", version });
  }

  /**
   * A write that began with this ticket removed the object with this uid. `stored`: what the informer holds under the
   * key now. `version`: the last one known of it, if the answer told.
   */
  removed(
    key: ObjectKey,
    uid: string,
    version: string | undefined,
    stored: DeepReadonly<T> | undefined,
    ticket: Ticket,
  ): void {
    const id = formatKey(key);
    const current = this.resolve(id, stored);
    if (current !== undefined && current.metadata.uid !== uid) {
      // Which of two objects of one name came first cannot be told from here.
      this.lost(key, undefined);
      return;
    }
    this.#settleDirty(id, ticket);
    const known = version ?? current?.metadata.resourceVersion;
    const lastVersion = greatest([version, current?.metadata.resourceVersion, this.#position]);
    this.#markGone(id, { uid, lastVersion, blind: known === undefined });
  }

  /** A live read, or a delete, that began with this ticket found nothing under the key. */
  absent(key: ObjectKey, stored: DeepReadonly<T> | undefined, ticket: Ticket): void {
    const id = formatKey(key);
    this.#settleDirty(id, ticket);
    const current = this.resolve(id, stored);
    const mark = this.#marks.get(id);
    if (current === undefined) {
      if (mark !== undefined && mark.number > ticket.number) return;
      const uid = mark?.kind === "gone" ? mark.uid : undefined;
      const hidden = mark?.kind === "gone" ? mark.lastVersion : mark?.version;
      this.#markGone(id, { uid, lastVersion: greatest([hidden, ticket.position]), blind: true });
      return;
    }
    const { uid, resourceVersion: lastVersion } = current.metadata;
    // What became known only after the request began may be younger than its answer.
    const knownBefore =
      mark !== undefined && mark.kind === "written"
        ? mark.number < ticket.number
        : includesVersion(ticket.position, lastVersion);
    if (knownBefore) this.#markGone(id, { uid, lastVersion, blind: true });
  }

  /** A write may or may not have happened. `labels`: the label sets the object may have now, if they are known. */
  lost(key: ObjectKey, labels: readonly Labels[] | undefined): void {
    const id = formatKey(key);
    const before = this.#dirty.get(id);
    const all = before === undefined ? labels : before.labels && labels && [...before.labels, ...labels];
    this.#dirty.set(id, { number: ++this.#number, since: this.#clock.monotonic(), key, labels: all });
  }

  // What the watch tells.

  /** An event of this object was processed, and with it everything up to its resourceVersion. */
  observed(id: string, type: "present" | "deleted", uid: string, version: string): void {
    this.#position = version;
    const mark = this.#marks.get(id);
    if (mark === undefined) {
      if (this.size > 0 && this.#clock.monotonic() - this.#sweptAt >= sweepEveryMs) this.#sweep();
      return;
    }
    if (mark.kind !== "gone") {
      if (includesVersion(version, mark.version)) this.#drop(id);
      return;
    }
    const settled = mark.uid === uid ? type === "deleted" : compareVersions(version, mark.lastVersion) > 0;
    if (settled && !mark.blind) this.#drop(id);
  }

  /** A bookmark: everything up to `version` was processed. */
  advanced(version: string): void {
    this.#position = version;
    this.#sweep();
  }

  /** A list that began with this ticket replaced what the informer held. It is as new as anything that began before it. */
  listed(version: string, ticket: Ticket): void {
    this.#position = version;
    for (const [id, mark] of this.#marks) if (mark.number < ticket.number) this.#drop(id);
    for (const [id, dirty] of this.#dirty) if (dirty.number < ticket.number) this.#dirty.delete(id);
    this.#sweep();
  }

  // Reads.

  /** What is there under the key, given what the informer holds. */
  resolve(id: string, stored: DeepReadonly<T> | undefined): DeepReadonly<T> | undefined {
    const mark = this.#marks.get(id);
    if (mark === undefined) return stored;
    if (mark.kind === "gone") return hides(mark, stored) ? undefined : stored;
    if (includesVersion(this.#position, mark.version)) return stored;
    return mark.kind === "written" ? this.#written.get(id) : undefined;
  }

  /** Whether a mark decides about the key, so that nothing the informer holds of it counts. */
  covers(id: string): boolean {
    const mark = this.#marks.get(id);
    return mark !== undefined && mark.kind !== "gone" && !includesVersion(this.#position, mark.version);
  }

  /** What a selection gives, from `stored`: what it gives in the informer's own store. */
  merge(
    stored: DeepReadonly<T>[],
    select: (written: Store<T>) => readonly DeepReadonly<T>[],
  ): readonly DeepReadonly<T>[] {
    if (this.#marks.size === 0) return stored;
    const untouched = stored.filter((object) => this.resolve(formatKey(object.metadata), object) === object);
    const ours = select(this.#written).filter((object) => this.covers(formatKey(object.metadata)));
    return [...untouched, ...ours];
  }

  /** `stored`: what the informer holds under the key. */
  isDirty(key: ObjectKey, stored: DeepReadonly<T> | undefined): boolean {
    if (this.size === 0) return false;
    const id = formatKey(key);
    if (this.#dirty.has(id)) return true;
    const mark = this.#marks.get(id);
    return mark?.kind === "gone" && mark.blind && stored !== undefined && !hides(mark, stored);
  }

  /** The dirty keys whose object the selection might give. */
  dirtyKeys(
    { namespace, labels }: Selection,
    storedOf: (id: string) => DeepReadonly<T> | undefined,
  ): ObjectKey[] {
    const keys = new Map<string, ObjectKey>();
    for (const [id, dirty] of this.#dirty) {
      if (namespace !== undefined && dirty.key.namespace !== namespace) continue;
      if (dirty.labels?.some((candidate) => hasLabels(candidate, labels)) ?? true) keys.set(id, dirty.key);
    }
    for (const [id, mark] of this.#marks) {
      if (mark.kind !== "gone" || !mark.blind) continue;
      const stored = storedOf(id);
      if (stored === undefined || hides(mark, stored)) continue;
      if (namespace !== undefined && stored.metadata.namespace !== namespace) continue;
      if (hasLabels(stored.metadata.labels, labels)) keys.set(id, keyOf(stored));
    }
    return [...keys.values()];
  }

  /** Keys remembered in any way. */
  get size(): number {
    return this.#marks.size + this.#dirty.size;
  }

  /** Whether an answer is newer than all that is known of its key. */
  #supersedes(id: string, uid: string, version: string): boolean {
    if (includesVersion(this.#position, version)) return false;
    const mark = this.#marks.get(id);
    if (mark === undefined) return true;
    if (mark.kind !== "gone") return compareVersions(version, mark.version) > 0;
    return mark.uid !== uid && compareVersions(version, mark.lastVersion) > 0;
  }

  /** Only a request that began after the answer was lost knows what became of it. */
  #settleDirty(id: string, ticket: Ticket): void {
    const dirty = this.#dirty.get(id);
    if (dirty !== undefined && dirty.number < ticket.number) this.#dirty.delete(id);
  }

  #mark(id: string, mark: MarkBody, entry?: StoreEntry<T>): void {
    this.#marks.set(id, { ...mark, number: ++this.#number });
    if (entry === undefined) this.#written.delete(id);
    else this.#written.put(entry);
  }

  #markGone(id: string, gone: Gone): void {
    this.#mark(id, { kind: "gone", ...gone, since: this.#clock.monotonic() });
  }

  #drop(id: string): void {
    this.#marks.delete(id);
    this.#written.delete(id);
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    this.#sweptAt = now;
    for (const [id, mark] of this.#marks) {
      const settled =
        mark.kind === "gone"
          ? now - mark.since >= settledAfterMs
          : includesVersion(this.#position, mark.version);
      if (settled) this.#drop(id);
    }
    for (const [id, dirty] of this.#dirty) if (now - dirty.since >= settledAfterMs) this.#dirty.delete(id);
  }
}

type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
type MarkBody = Without<Mark, "number">;

function hides(mark: Gone, stored: DeepReadonly<KubeObject> | undefined): boolean {
  if (stored === undefined) return true;
  const { uid, resourceVersion } = stored.metadata;
  return uid === mark.uid || compareVersions(resourceVersion, mark.lastVersion) <= 0;
}

function greatest(versions: readonly (string | undefined)[]): string {
  return versions.reduce<string>((max, version) => {
    return version !== undefined && compareVersions(version, max) > 0 ? version : max;
  }, "");
}
