import assert from "node:assert/strict";
import { test } from "node:test";
import { forEachChild } from "./write-child.ts";

const hundred = Array.from({ length: 100 }, (_, index) => index);

/** Work that ends when the test says so. */
function heldWork() {
  const begun: { readonly item: number; readonly end: PromiseWithResolvers<void> }[] = [];
  const work = (item: number) => {
    const end = Promise.withResolvers<void>();
    begun.push({ item, end });
    return end.promise;
  };
  return { begun, work };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a hundred nodes are written a few at a time, begun in order; the next begins when one of them ends", async () => {
  const { begun, work } = heldWork();
  const done = forEachChild({ signal: new AbortController().signal }, hundred, work);
  await turn();
  assert.deepEqual(
    begun.map(({ item }) => item),
    hundred.slice(0, 16),
  );
  begun[7]?.end.resolve();
  await turn();
  assert.equal(begun.at(-1)?.item, 16);
  assert.equal(begun.length, 17);
  for (let index = 0; index < hundred.length; index++) {
    begun[index]?.end.resolve();
    await turn();
  }
  await done;
  assert.deepEqual(
    begun.map(({ item }) => item),
    hundred,
  );
});

test("a node that cannot be written keeps no other waiting; the first failure in order is told at the end", async () => {
  const written: number[] = [];
  const work = async (item: number) => {
    // The later one fails first.
    if (item === 3) await turn();
    if (item === 3 || item === 5) throw new Error(`no ${item}`);
    written.push(item);
  };
  await assert.rejects(
    forEachChild({ signal: new AbortController().signal }, hundred, work),
    /^Error: no 3$/,
  );
  assert.equal(written.length, 98);
});

test("a pass that is told to stop begins no more work, and ends only when what was begun has ended", async () => {
  const { begun, work } = heldWork();
  const controller = new AbortController();
  let ended = false;
  const done = forEachChild({ signal: controller.signal }, hundred, work);
  const outcome = assert.rejects(done, /told to stop/).then(() => {
    ended = true;
  });
  await turn();
  controller.abort(new Error("told to stop"));
  for (const { end } of begun.slice(1)) end.resolve();
  await turn();
  assert.equal(ended, false);
  begun[0]?.end.resolve();
  await outcome;
  assert.equal(begun.length, 16);
});
