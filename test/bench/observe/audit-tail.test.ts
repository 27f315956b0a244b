import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { markAudit, readAudit } from "./audit-tail.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-bench-"));
});
after(() => rm(folder, { recursive: true }));

const line = (name: string) =>
  `${JSON.stringify({ stage: "ResponseComplete", verb: "get", objectRef: { resource: "pods", name } })}\n`;
const names = async (file: string, mark: number) =>
  (await readAudit(file, mark)).records.map(({ name }) => name);

test("the audit log is read from mark to mark, a line that is not complete yet with the next piece", async () => {
  const file = join(folder, "audit.log");
  await writeFile(file, line("a"));
  const mark = await markAudit(file);
  assert.deepEqual(await names(file, mark), []);
  await appendFile(file, line("b") + line("c").slice(0, 10));
  const first = await readAudit(file, mark);
  assert.deepEqual(
    first.records.map(({ name }) => name),
    ["b"],
  );
  await appendFile(file, line("c").slice(10));
  assert.deepEqual(await names(file, first.mark), ["c"]);
  assert.deepEqual(await names(file, 0), ["a", "b", "c"]);
});

test("a mark in the middle of a line leaves that line out", async () => {
  const file = join(folder, "middle.log");
  await writeFile(file, line("a") + line("b"));
  assert.deepEqual(await names(file, 5), ["b"]);
});
