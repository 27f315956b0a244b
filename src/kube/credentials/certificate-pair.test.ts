import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ManualClock } from "#clock";
import { firstClientPair, secondClientPair, type TestPair } from "../testing/test-certificates.ts";
import { CredentialError, createCredentialSource } from "./index.ts";

async function onDisk(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), "certificate-pair-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const [cert, key] = [join(dir, "tls.crt"), join(dir, "tls.key")];
  const clock = new ManualClock();
  const source = createCredentialSource({ certificate: { cert: { file: cert }, key: { file: key } } }, clock);
  t.after(() => source.close());
  return {
    clock,
    source,
    write: async (pair: Partial<TestPair>) => {
      if (pair.cert !== undefined) await writeFile(cert, pair.cert);
      if (pair.key !== undefined) await writeFile(key, pair.key);
    },
    current: async () => (await source.current()).certificate?.cert,
  };
}

test("a pair read in the middle of its rotation is not used: the last good one is, until the other half came", async (t) => {
  const { clock, write, current } = await onDisk(t);
  await write(firstClientPair);
  assert.equal(await current(), firstClientPair.cert.trim());
  await write({ cert: secondClientPair.cert });
  await clock.advance(60_000);
  assert.equal(await current(), firstClientPair.cert.trim());
  await write({ key: secondClientPair.key });
  assert.equal(await current(), secondClientPair.cert.trim(), "looked for at once, not after another minute");
});

test("a half-written file is not used either", async (t) => {
  const { clock, write, current } = await onDisk(t);
  await write(firstClientPair);
  await current();
  await write({ ...secondClientPair, key: secondClientPair.key.slice(0, 80) });
  await clock.advance(60_000);
  assert.equal(await current(), firstClientPair.cert.trim());
});

test("a pair that never fitted is refused without being shown, and taken as soon as it fits", async (t) => {
  const { write, source, current } = await onDisk(t);
  await write({ cert: firstClientPair.cert, key: secondClientPair.key });
  await assert.rejects(source.current(), (error) => {
    return (
      error instanceof CredentialError &&
      error.message === "the client certificate and its key do not belong together"
    );
  });
  await write({ key: firstClientPair.key });
  assert.equal(await current(), firstClientPair.cert.trim());
});
