import assert from "node:assert/strict";
import { test } from "node:test";
import { Fixture } from "./testing/fixture.ts";

test("seid waits at the gate, starts after its delay and then makes a block per block time", async () => {
  const fixture = new Fixture();
  fixture.settings.startDelayMs = 1000;
  const seid = fixture.startSeid();
  assert.deepEqual([seid.state, seid.processExists, seid.rpcUp], ["gated", false, false]);
  seid.openGate();
  assert.deepEqual([seid.state, seid.processExists, seid.rpcUp], ["starting", true, false]);
  await fixture.clock.advance(1000);
  assert.deepEqual([seid.state, seid.rpcUp, seid.height], ["running", true, 1]);
  await fixture.clock.advance(4000);
  assert.equal(seid.height, 11);
});

test("height survives the process on the volume", async () => {
  const fixture = new Fixture();
  fixture.startSeid().openGate();
  await fixture.clock.advance(4000);
  assert.equal(fixture.seid?.terminate(), true);
  assert.deepEqual(fixture.exits, [0]);
  await fixture.clock.advance(60_000);
  const next = fixture.startSeid();
  next.openGate();
  assert.equal(next.height, 11);
});

test("a halted seid answers nobody, halts again after a restart, and lets another image pass", async () => {
  const fixture = new Fixture();
  const first = fixture.startSeid({ image: "sei:v1" });
  first.openGate();
  first.halt();
  assert.deepEqual([first.state, first.rpcUp, first.processExists], ["halted", false, true]);
  first.terminate();
  const again = fixture.startSeid({ image: "sei:v1" });
  again.openGate();
  assert.equal(again.state, "halted");
  again.kill();
  const upgraded = fixture.startSeid({ image: "sei:v2" });
  upgraded.openGate();
  assert.equal(upgraded.state, "running");
  upgraded.terminate();
  const back = fixture.startSeid({ image: "sei:v1" });
  back.openGate();
  assert.equal(back.state, "running", "the halt was passed for good");
});

test("halting stops the height, and resume lets the same process go on", async () => {
  const fixture = new Fixture();
  const seid = fixture.startSeid();
  seid.openGate();
  await fixture.clock.advance(400);
  seid.halt();
  await fixture.clock.advance(60_000);
  assert.equal(seid.height, 2);
  seid.resume();
  await fixture.clock.advance(400);
  assert.deepEqual([seid.state, seid.height], ["running", 3]);
});

test("a seid with a halt height exits 0 there", async () => {
  const fixture = new Fixture();
  fixture.settings.syncMs = 500;
  const seid = fixture.startSeid({ haltHeight: 5000 });
  seid.openGate();
  await fixture.clock.advance(499);
  assert.deepEqual(fixture.exits, []);
  await fixture.clock.advance(1);
  assert.deepEqual([fixture.exits, fixture.volume.height], [[0], 5000]);
});

test("a seid that refuses to stop ignores SIGTERM and dies of SIGKILL", () => {
  const fixture = new Fixture();
  fixture.settings.refuseToStop = true;
  const seid = fixture.startSeid();
  seid.openGate();
  assert.equal(seid.terminate(), false);
  assert.equal(seid.state, "running");
  seid.kill();
  assert.deepEqual(fixture.exits, [137]);
});

test("a crashing image gets past the gate and no further", () => {
  const fixture = new Fixture();
  const seid = fixture.startSeid({ behaviour: "crash" });
  assert.deepEqual(fixture.exits, []);
  seid.openGate();
  assert.deepEqual([fixture.exits, seid.state], [[1], "stopped"]);
});

test("lag beyond the configured threshold is not caught up", () => {
  const fixture = new Fixture();
  const seid = fixture.startSeid();
  fixture.settings.lag = 300;
  assert.equal(seid.caughtUp, true);
  fixture.settings.lag = 301;
  assert.equal(seid.caughtUp, false);
  fixture.volume.files.overrides = { "network.rpc.lag_threshold": "400" };
  assert.equal(seid.caughtUp, true);
});
