/** Deterministic ids (spec/api.md section 10). The same plan asks the sidecar for the same id after any restart. */
import { createHash } from "node:crypto";

const TASK_NAMESPACE = "b7e89c3a-4f12-4d8b-9a6e-1c2d3e4f5a6b";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** RFC 4122 version 5 (SHA-1). Throws when `namespace` is not a UUID. */
export function uuidV5(namespace: string, name: string): string {
  if (!UUID.test(namespace)) throw new Error(`uuidV5: namespace is not a UUID: ${namespace}`);
  const digest = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name, "utf8")
    .digest();
  const bytes = digest.subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Id of the task at `index` (zero-based, in the full plan). Stable over retries. */
export function taskId(planId: string, type: string, index: number): string {
  return uuidV5(TASK_NAMESPACE, `${planId}/${type}/${index}`);
}

/** Id of the one task behind a SeiNodeTask. `kind` in its CRD spelling (`RestartSeid`). */
export function seiNodeTaskId(uid: string, kind: string): string {
  return taskId(uid, kind, 0);
}
