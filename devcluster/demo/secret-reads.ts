/** When the manager read which Secret, from the API server's audit log. Pure. */
import { isJsonObject } from "#kube";

/**
 * The time, in epoch ms, of the first successful read of each Secret of the namespace, by name. `audit` is one JSON event
 * a line.
 */
export function firstSecretReads(audit: string, user: string, namespace: string): Map<string, number> {
  const reads = new Map<string, number>();
  // Without what follows the last line end: that event is still being written.
  for (const line of audit.split("\n").slice(0, -1)) {
    const event: unknown = JSON.parse(line);
    if (!isJsonObject(event) || event.stage !== "ResponseComplete" || event.verb !== "get") continue;
    const { user: who, objectRef: object, responseStatus: answer, requestReceivedTimestamp: at } = event;
    if (!isJsonObject(who) || who.username !== user || !isJsonObject(answer) || answer.code !== 200) continue;
    if (!isJsonObject(object) || object.resource !== "secrets" || object.namespace !== namespace) continue;
    const name = String(object.name);
    reads.set(name, Math.min(reads.get(name) ?? Number.POSITIVE_INFINITY, Date.parse(String(at))));
  }
  return reads;
}
