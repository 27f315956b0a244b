/**
 * Takes over fields that the same operator once wrote with PUT. Server-side apply removes only what its own *Apply*
 * entry owns; whatever an `Update` entry of an earlier version owns would stay in the object for ever. Moving that
 * entry into ours, once, before the first apply, is what client-go calls the csaupgrade.
 */
import { isJsonObject, type JsonObject } from "./json.ts";
import type { DeepReadonly, ManagedFieldsEntry } from "./object.ts";

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
      formerManagers.includes(entry.manager ?? ""),
  );
  if (former.length === 0) return undefined;

  const ours = entries.find((entry) => entry.manager === fieldManager && entry.operation === "Apply");
  const fieldsV1 = [ours, ...former].reduce<JsonObject>((union, entry) => unite(union, entry?.fieldsV1), {});
  const merged: DeepReadonly<ManagedFieldsEntry> = {
    ...(ours ?? former[0]),
    manager: fieldManager,
    operation: "Apply",
    fieldsV1,
  };
  const kept = entries.filter((entry) => entry !== ours && !former.includes(entry));
  return [
    // A resourceVersion that is no longer current makes the server answer 409 instead of undoing a concurrent write.
    { op: "replace", path: "/metadata/resourceVersion", value: object.metadata.resourceVersion },
    { op: "replace", path: "/metadata/managedFields", value: [...kept, merged] },
  ];
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
