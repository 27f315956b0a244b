import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type FindOptions, findBinaries } from "./binaries.ts";
import { createFakeGo, type FakeGoOptions } from "./fake-go.ts";
import { BINARY_NAMES, pinnedVersions } from "./versions.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "binaries-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function setUp(fake: FakeGoOptions = {}) {
  const go = await createFakeGo(folder, fake);
  const cache = join(folder, "cache");
  // The build of a fake needs no room, and the machine that runs this test may have little.
  const env: Record<string, string> = {
    PATH: go.path,
    XDG_CACHE_HOME: cache,
    DEVCLUSTER_SKIP_DISK_CHECK: "1",
  };
  const lines: string[] = [];
  const options: FindOptions = { env, log: (line) => lines.push(line) };
  const { kubernetes, etcd } = await pinnedVersions();
  const prefix = join(
    cache,
    "sei-devcluster",
    `kubernetes-${kubernetes}-etcd-${etcd}-${process.platform}-${process.arch}`,
  );
  return { go, env, lines, options, entry: `${prefix}-${fake.version ?? "go1.99.0"}` };
}

async function executable(path: string, script = "exit 0"): Promise<string> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

test("an empty cache is filled by one build, and the next start builds nothing", async () => {
  const { go, options, entry } = await setUp();
  const found = await findBinaries(options);
  for (const name of BINARY_NAMES) assert.equal(found[name], join(entry, name));
  assert.deepEqual(await findBinaries(options), found);
  const builds = await go.builds();
  assert.equal(builds.length, 1);
  const { kubernetes } = await pinnedVersions();
  assert.match(builds[0] ?? "", new RegExp(`-X k8s.io/component-base/version.gitVersion=${kubernetes} `));
  assert.deepEqual(
    (await readdir(join(entry, ".."))).sort(),
    [entry.slice(entry.lastIndexOf("/") + 1)],
    "no rubbish is left",
  );
});

test("a folder of assets is used for what it has, and only what it lacks is built", async () => {
  const { go, env, options, entry } = await setUp();
  env.KUBEBUILDER_ASSETS = join(folder, "assets");
  for (const name of ["etcd", "kube-apiserver", "kubectl"]) await executable(join(folder, "assets", name));
  const found = await findBinaries(options);
  assert.equal(found.etcd, join(folder, "assets", "etcd"));
  assert.equal(found.kubectl, join(folder, "assets", "kubectl"));
  assert.equal(found["kube-controller-manager"], join(entry, "kube-controller-manager"));
  const builds = await go.builds();
  assert.equal(builds.length, 1);
  assert.match(builds[0] ?? "", /k8s\.io\/kubernetes\/cmd\/kube-controller-manager$/);
  assert.doesNotMatch(builds[0] ?? "", /kube-apiserver|kubectl|etcd/);
});

test("a TEST_ASSET variable wins over the folder of assets, and with all given neither Go nor a cache is needed", async () => {
  const assets = join(folder, "assets");
  for (const name of BINARY_NAMES) await executable(join(assets, name));
  const own = await executable(join(folder, "own", "apiserver"));
  const env = { PATH: "/nonexistent", KUBEBUILDER_ASSETS: assets, TEST_ASSET_KUBE_APISERVER: own };
  const found = await findBinaries({ env, log: assert.fail });
  assert.equal(found["kube-apiserver"], own);
  assert.equal(found.etcd, join(assets, "etcd"));
});

test("a TEST_ASSET variable that names no executable is refused by name instead of being passed over", async () => {
  const { env, options } = await setUp();
  env.TEST_ASSET_ETCD = join(folder, "typo");
  await assert.rejects(
    findBinaries(options),
    new Error(`TEST_ASSET_ETCD=${folder}/typo: no executable file is there`),
  );
});

test("a cached binary that does not run is built again, alone, and the log says so", async () => {
  const { go, options, entry, lines } = await setUp();
  await findBinaries(options);
  await executable(join(entry, "etcd"), "exit 139");
  lines.length = 0;
  await findBinaries(options);
  assert.ok(lines.includes(`${join(entry, "etcd")} does not run: building it again`), lines.join("\n"));
  const builds = await go.builds();
  assert.equal(builds.length, 2);
  assert.match(builds[1] ?? "", /go\.etcd\.io\/etcd\/server\/v3$/);
  await findBinaries(options);
  assert.equal((await go.builds()).length, 2);
});

test("a cached binary of which half was lost is built again", async () => {
  const { go, options, entry } = await setUp();
  await findBinaries(options);
  await writeFile(join(entry, "kubectl"), "");
  await findBinaries(options);
  assert.equal((await go.builds()).length, 2);
});

test("two processes that need the same binaries build once", async () => {
  const { go, options } = await setUp();
  await Promise.all([findBinaries(options), findBinaries(options)]);
  assert.equal((await go.builds()).length, 1);
});

test("without Go the message names the version wanted, where to get it, and the way around", async () => {
  const { env, options } = await setUp();
  env.PATH = "/nonexistent";
  const { go } = await pinnedVersions();
  await assert.rejects(
    findBinaries(options),
    new Error(`Building the control plane needs Go ${go} or newer, and there is no "go" on the PATH.
Install it from https://go.dev/dl/ (or: brew install go, snap install go --classic) and have "go" on the PATH.
Or point KUBEBUILDER_ASSETS at a folder with etcd, kube-apiserver, kube-controller-manager and kubectl.`),
  );
});

test("without Go a cache that an earlier Go filled is still good", async () => {
  const { env, options } = await setUp();
  const found = await findBinaries(options);
  env.PATH = "/usr/bin:/bin";
  if (await hasGo(env.PATH)) return; // a machine with Go in its system folders cannot show this
  assert.deepEqual(await findBinaries(options), found);
});

async function hasGo(path: string): Promise<boolean> {
  const listings = await Promise.all(path.split(":").map((dir) => readdir(dir)));
  return listings.flat().includes("go");
}

test("a Go that is too old is named with the version wanted", async () => {
  const { options } = await setUp({ version: "go1.21.4" });
  const { go } = await pinnedVersions();
  await assert.rejects(findBinaries(options), (error: Error) => {
    assert.match(error.message, new RegExp(`needs Go ${go} or newer; the "go" on the PATH is go1.21.4`));
    return true;
  });
});

test("a build that fails says what Go said and leaves nothing behind that looks built", async () => {
  const { options, entry } = await setUp({ build: `echo "x.go:1:1: cannot find module" >&2; exit 1` });
  await assert.rejects(
    findBinaries(options),
    /go build .* failed \(exit code 1\)[\s\S]*x\.go:1:1: cannot find module/,
  );
  assert.deepEqual(await readdir(entry), []);
  assert.deepEqual((await readdir(join(entry, ".."))).length, 1);
});

test("a build whose result does not run is an error, not a loop", async () => {
  const { go, options } = await setUp({ binary: "echo bad CPU type >&2; exit 1" });
  await assert.rejects(findBinaries(options), /was just built and does not run: bad CPU type/);
  assert.equal((await go.builds()).length, 1);
});
