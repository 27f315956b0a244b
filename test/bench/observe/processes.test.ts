import assert from "node:assert/strict";
import { test } from "node:test";
import { type CpuSnapshot, describeCpu, parseChild } from "./processes.ts";

const manager = (cpuSeconds: number) => ({ cpuSeconds, rssMiB: 90, peakRssMiB: 95 });

test("CPU seconds are told for everybody, what nobody here used as the others'", () => {
  const before: CpuSnapshot = {
    servers: new Map([["etcd", 1]]),
    bench: 2,
    manager: manager(3),
    machine: 100,
  };
  const after: CpuSnapshot = {
    servers: new Map([["etcd", 2.5]]),
    bench: 4,
    manager: manager(6),
    machine: 110,
  };
  const told = "CPU seconds: manager 3.0, etcd 1.5, simulator and observer 2.0, others on the machine 3.5";
  assert.equal(describeCpu(before, after), told);
  assert.equal(describeCpu(before, { ...after, machine: undefined }), undefined);
});

test("children are found by their parent, guard shells left out", () => {
  assert.equal(parseChild("12 (kube-apiserver) S 7 12 12 0 -1", 7), "kube-apiserver");
  assert.equal(parseChild("12 (kube-apiserver) S 8 12 12 0 -1", 7), undefined);
  assert.equal(parseChild("12 (sh) S 7 12 12 0 -1", 7), undefined);
});
