/**
 * Reads one Secret by name, live: Secrets are in no cache, because the manager may neither list nor watch them (D20).
 */
import { type Client, isApiError, type ObjectKey, type Secret, secrets, unlessNotFound } from "#kube";
import { type KeyVerdict, notReady } from "./verdict.ts";

/** Data key -> decoded value. A map, because a data key may be called like something every object has. */
export type SecretData = ReadonlyMap<string, Buffer>;

export type SecretRead =
  | { readonly data: SecretData; readonly verdict?: never }
  | { readonly data?: never; readonly verdict: KeyVerdict };

/** Rejects only when the call was ended by ourselves; every other failure may be over next time. */
export async function readSecret(client: Client, key: ObjectKey, signal: AbortSignal): Promise<SecretRead> {
  const { name, namespace = "" } = key;
  let secret: Awaited<ReturnType<typeof client.live.get<Secret>>> | undefined;
  try {
    secret = await unlessNotFound(client.live.get(secrets, key, signal));
  } catch (error) {
    const why = isApiError(error) ? error.class : undefined;
    if (why === undefined || why === "aborted" || why === "fenced") throw error;
    const remedy = why === "forbidden" ? "; let the controller get Secrets of this namespace" : "";
    // Only the class: whatever the server had to say about a Secret is not for a condition.
    return { verdict: notReady(`Secret ${name} cannot be read (${why})${remedy}`) };
  }
  if (secret === undefined) {
    return { verdict: notReady(`Secret ${name} does not exist; create it in namespace ${namespace}`) };
  }
  if (secret.metadata.deletionTimestamp !== undefined) {
    return { verdict: notReady(`Secret ${name} is being deleted; create it again once it is gone`) };
  }
  const entries = Object.entries(secret.data ?? {});
  return { data: new Map(entries.map(([file, value]) => [file, Buffer.from(value, "base64")])) };
}
