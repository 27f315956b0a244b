import assert from "node:assert/strict";
import { test } from "node:test";
import { type Disk, diskProblem, spaceNeeds } from "./toolchain.ts";

const GIB = 1024 ** 3;
const needs = spaceNeeds({ buildCache: "/a/gocache", moduleCache: "/a/gomod", binaries: "/b/bin" });

function disks(free: { a: number; b: number }, oneDisk = false): Disk {
  return {
    free: async (folder) => {
      const onA = oneDisk || folder.startsWith("/a");
      return { device: onA ? 1 : 2, bytes: (onA ? free.a : free.b) * GIB };
    },
  };
}

test("a disk with room for all of it is fine", async () => {
  assert.equal(await diskProblem(needs, disks({ a: 8, b: 0 }, true)), undefined);
  assert.equal(await diskProblem(needs, disks({ a: 7, b: 1 })), undefined);
});

test("folders on one disk are added up, and the message says which they are and what to do", async () => {
  assert.equal(
    await diskProblem(needs, disks({ a: 6.9, b: 100 })),
    `Building the control plane wants 7.0 GiB of free disk, and there are 6.9 GiB:
  5.5 GiB for Go's build cache (/a/gocache)
  1.5 GiB for Go modules (/a/gomod)
Free some, or move those folders with GOCACHE, GOMODCACHE and XDG_CACHE_HOME. If Go has built it before and needs
less, set DEVCLUSTER_SKIP_DISK_CHECK=1.`,
  );
});

test("the disk of the binaries counts for itself", async () => {
  assert.match(
    (await diskProblem(needs, disks({ a: 100, b: 0.5 }))) ?? "",
    /wants 1\.0 GiB .* there are 0\.5 GiB/,
  );
});
