/** The audit log read in pieces: of a run with a thousand nodes nobody wants to parse all of it for every question. */
import { open, stat } from "node:fs/promises";
import { MANAGER_NAMESPACE, MANAGER_SERVICE_ACCOUNT } from "#devcluster";
import { type AuditRecord, parseAuditLog } from "../../harness/audit.ts";

const MANAGER = `system:serviceaccount:${MANAGER_NAMESPACE}:${MANAGER_SERVICE_ACCOUNT}`;

export const isManagers = ({ user }: AuditRecord): boolean => user === MANAGER;

/** Everything up to now is before the mark: the server writes an event out before it answers the request. */
export async function markAudit(file: string): Promise<number> {
  return (await stat(file)).size;
}

/** What was logged between two marks. `records` are of all users. */
export async function readAudit(
  file: string,
  mark: number,
): Promise<{ records: readonly AuditRecord[]; mark: number }> {
  // From the byte before: it is the end of a line, unless the mark was set in the middle of one, which is left out then.
  const start = Math.max(0, mark - 1);
  await using handle = await open(file);
  const { size } = await handle.stat();
  if (size <= start) return { records: [], mark };
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(size - start), position: start });
  const from = mark === 0 ? 0 : buffer.indexOf(NEWLINE) + 1;
  // The last line may be in the middle of being written.
  const end = buffer.lastIndexOf(NEWLINE, bytesRead - 1) + 1;
  if (from >= end) return { records: [], mark };
  return { records: parseAuditLog(buffer.toString("utf8", from, end)), mark: start + end };
}

const NEWLINE = 0x0a;
