import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ManualClock } from "#clock";
import { type SidecarClient, SidecarError, type SidecarFactory } from "#sidecar";
import { NodeIds } from "./node-ids.ts";

const { signal } = new AbortController();
const peer = { namespace: "sei", node: "peer-0" };
let clock: ManualClock;
let asked: string[];
let answer: () => Promise<string>;
let ids: NodeIds;

beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  answer = async () => "id-1";
  const sidecars: SidecarFactory = ({ node }) => {
    const nodeId = () => {
      asked.push(node);
      return answer();
    };
    return { nodeId } as unknown as SidecarClient;
  };
  ids = new NodeIds(sidecars, clock);
});

const refuse = async () => {
  throw new SidecarError("does not answer", { class: "unreachable" });
};

test("D9: a hundred nodes that name the same peer at once ask it once", async () => {
  const all = await Promise.all(
    Array.from({ length: 100 }, () => ids.of("sei/peer-0", async () => peer, signal)),
  );
  assert.deepEqual(new Set(all), new Set(["id-1"]));
  assert.equal(asked.length, 1);
});

test("D9: an id is asked for again only after ten minutes", async () => {
  await ids.of("sei/peer-0", async () => peer, signal);
  await clock.advance(10 * 60_000 - 1);
  await ids.of("sei/peer-0", async () => peer, signal);
  assert.equal(asked.length, 1);
  await clock.advance(1);
  await ids.of("sei/peer-0", async () => peer, signal);
  assert.equal(asked.length, 2);
});

test("a peer that does not answer is unknown, and asked again after 30 s", async () => {
  answer = refuse;
  assert.equal(await ids.of("sei/peer-0", async () => peer, signal), undefined);
  assert.equal(await ids.of("sei/peer-0", async () => peer, signal), undefined);
  assert.equal(asked.length, 1);
  await clock.advance(30_000);
  answer = async () => "id-2";
  assert.equal(await ids.of("sei/peer-0", async () => peer, signal), "id-2");
});

test("a known id stays while its peer restarts", async () => {
  await ids.of("sei/peer-0", async () => peer, signal);
  await clock.advance(10 * 60_000);
  answer = refuse;
  assert.equal(await ids.of("sei/peer-0", async () => peer, signal), "id-1");
});

test("a peer whose sidecar does not run is not asked", async () => {
  assert.equal(await ids.of("sei/peer-0", async () => undefined, signal), undefined);
  assert.deepEqual(asked, []);
});

test("a peer that is gone is forgotten", async () => {
  await ids.of("sei/peer-0", async () => peer, signal);
  ids.forget("sei/peer-0");
  await ids.of("sei/peer-0", async () => peer, signal);
  assert.equal(asked.length, 2);
});
