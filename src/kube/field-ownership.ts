/**
 * Takes over fields that the same operator once wrote with PUT. Server-side apply removes only what its own *Apply*
 * entry owns; whatever an `Update` entry of an earlier version owns would stay in the object for ever. Moving that
 * entry into ours, once, before the first apply, is what client-go calls the csaupgrade.
 */
import { isJsonObject, type JsonObject } from "./json.ts";
import type { DeepReadonly, ManagedFieldsEntry } from "./object.ts";

/**
 * A finalizer is given up by the controller it stands for, and by nobody else: whoever took over the field would strip the
 * finalizer with its first apply. It stays with the entry it was written by.
 */
const KEPT = "f:finalizers";

/** JSON patch that hands the fields of `formerManagers` to `fieldManager`, or `undefined` when there is nothing to move. */
export function ownershipTransfer(
  object: DeepReadonly<{ metadata: { resourceVersion: string; managedFields?: ManagedFieldsEntry[] } }>,
  fieldManager: string,
  formerManagers: readonly string[],
): readonly object[] | undefined {
  const entries = object.metadata.managedFields ?? [];
  const former = entries.filter(
    (entry) =>
      entry.operation === "Update" &&
      (entry.subresource ?? "") === "" &&
      formerManagers.includes(entry.manager ?? "") &&
      !isEmpty(withoutKept(entry.fieldsV1)),
  );
  if (former.length === 0) return undefined;

  const ours = entries.find((entry) => entry.manager === fieldManager && entry.operation === "Apply");
  const fieldsV1 = [ours, ...former].reduce<JsonObject>(
    (union, entry) => unite(union, entry === ours ? entry?.fieldsV1 : withoutKept(entry?.fieldsV1)),
    {},
  );
  const merged: DeepReadonly<ManagedFieldsEntry> = {
    ...(ours ?? former[0]),
    manager: fieldManager,
    operation: "Apply",
    fieldsV1,
  };
  const kept = entries.flatMap((entry) => {
    if (entry === ours) return [];
    if (!former.includes(entry)) return [entry];
    const left = onlyKept(entry.fieldsV1);
    return left === undefined ? [] : [{ ...entry, fieldsV1: left }];
  });
  return [
    // A resourceVersion that is no longer current makes the server answer 409 instead of undoing a concurrent write.
    { op: "replace", path: "/metadata/resourceVersion", value: object.metadata.resourceVersion },
    { op: "replace", path: "/metadata/managedFields", value: [...kept, merged] },
  ];
}

function withoutKept(fields: unknown): unknown {
  if (!isJsonObject(fields) || !isJsonObject(fields["f:metadata"])) return fields;
  const { [KEPT]: _, ...metadata } = fields["f:metadata"];
  const { "f:metadata": __, ...rest } = fields;
  return isEmpty(metadata) ? rest : { ...rest, "f:metadata": metadata };
}

function onlyKept(fields: unknown): JsonObject | undefined {
  const metadata = isJsonObject(fields) ? fields["f:metadata"] : undefined;
  const finalizers = isJsonObject(metadata) ? metadata[KEPT] : undefined;
  return finalizers === undefined ? undefined : { "f:metadata": { [KEPT]: finalizers } };
}

function isEmpty(fields: unknown): boolean {
  return isJsonObject(fields) && Object.keys(fields).length === 0;
}

/** Union of two FieldsV1 sets: nested objects whose leaves are empty objects. */
function unite(a: JsonObject, b: unknown): JsonObject {
  if (!isJsonObject(b)) return a;
  const union: JsonObject = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const existing = union[key];
    union[key] = isJsonObject(existing) ? unite(existing, value) : value;
  }
  return union;
}
