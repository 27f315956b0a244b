import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { ManualClock } from "#clock";
import { type SidecarClient, SidecarError } from "#sidecar";
import { type ProbeOutcome, SidecarProbes } from "./probe.ts";

const { signal } = new AbortController();
const running = { exists: true, sidecarRuns: true, ready: false };
let clock: ManualClock;
let probes: SidecarProbes;
let asked: number;

beforeEach(() => {
  clock = new ManualClock();
  asked = 0;
  probes = new SidecarProbes(clock, () => asked++);
});

function sidecar(answer: boolean | SidecarError): SidecarClient {
  const isReady = async () => {
    if (typeof answer !== "boolean") throw answer;
    return answer;
  };
  return { isReady } as unknown as SidecarClient;
}

const silent = sidecar(new SidecarError("the sidecar does not answer", { class: "timeout" }));
const probe = (key: string, client: SidecarClient, fingerprint = "pod-1"): Promise<ProbeOutcome> =>
  probes.probe(key, fingerprint, client, signal);

describe("when a probe is due", () => {
  test("a ready sidecar is asked again after 30 s and not before", async () => {
    assert.deepEqual(await probe("a", sidecar(true)), { state: "ready" });
    await clock.advance(29_999);
    await probe("a", sidecar(true));
    assert.equal(asked, 1);
    assert.equal(probes.dueInMs("a"), 1);
    await clock.advance(1);
    await probe("a", sidecar(true));
    assert.equal(asked, 2);
  });

  test("one that is not ready or silent is asked again after 5 s", async () => {
    await probe("a", sidecar(false));
    assert.equal(probes.dueInMs("a"), 5_000);
    await probe("b", silent);
    assert.equal(probes.dueInMs("b"), 5_000);
  });

  test("a pod that changed is asked at once, and so is one that was forgotten", async () => {
    await probe("a", sidecar(true));
    assert.deepEqual(await probe("a", sidecar(false), "pod-2"), { state: "notReady" });
    probes.forget("a");
    await probe("a", sidecar(true), "pod-2");
    assert.equal(asked, 3);
  });

  test("a node that is not probed is never due at once: that would be a loop without an end", () => {
    assert.equal(probes.dueInMs("unknown"), 30_000);
  });
});

describe("D5: when a silent sidecar is dead", () => {
  const since = () => clock.now();

  test("a missing pod and a sidecar that does not run are proof at once", () => {
    assert.ok(probes.isDead("a", { exists: false, sidecarRuns: false, ready: false }, undefined));
    assert.ok(probes.isDead("a", { exists: true, sidecarRuns: false, ready: false }, undefined));
  });

  test("silence is proof after 30 s, and after 60 s while the kubelet says Ready", async () => {
    await probe("a", silent);
    const from = since();
    await clock.advance(29_999);
    assert.ok(!probes.isDead("a", running, from));
    await clock.advance(1);
    assert.ok(probes.isDead("a", running, from));
    assert.ok(!probes.isDead("a", { ...running, ready: true }, from));
    await clock.advance(30_000);
    assert.ok(probes.isDead("a", { ...running, ready: true }, from));
  });

  test("a sidecar that answers is alive, whatever it says", async () => {
    const from = since();
    await clock.advance(120_000);
    await probe("a", sidecar(false));
    assert.ok(!probes.isDead("a", running, from));
    await probe("b", sidecar(new SidecarError("not allowed", { class: "unauthorized" })));
    assert.ok(!probes.isDead("b", running, from));
  });

  test("silence that this process has not seen itself is no proof after a restart", async () => {
    const from = since();
    await clock.advance(120_000);
    assert.ok(!probes.isDead("a", running, from));
  });

  test("while most of the other nodes are silent too, the network is ours and nobody is dead", async () => {
    const from = since();
    for (const key of ["a", "b", "c"]) await probe(key, silent);
    await probe("d", sidecar(true));
    await clock.advance(60_000);
    assert.ok(!probes.isDead("a", running, from));
    // One of them answers again: half of the others is not most.
    await probe("b", sidecar(true), "pod-2");
    assert.ok(probes.isDead("a", running, from));
  });

  test("two other nodes are too few to blame the network", async () => {
    const from = since();
    for (const key of ["a", "b", "c"]) await probe(key, silent);
    await clock.advance(60_000);
    assert.ok(probes.isDead("a", running, from));
  });

  test("a node that is gone does not count any more", async () => {
    const from = since();
    for (const key of ["a", "b", "c", "d"]) await probe(key, silent);
    await clock.advance(60_000);
    assert.ok(!probes.isDead("a", running, from));
    probes.forget("d");
    assert.ok(probes.isDead("a", running, from));
  });
});

test("an abort of our own is no statement about the sidecar", async () => {
  const aborted = new SidecarError("stopping", { class: "aborted" });
  await assert.rejects(probe("a", sidecar(aborted)), aborted);
  assert.equal(asked, 0);
});
