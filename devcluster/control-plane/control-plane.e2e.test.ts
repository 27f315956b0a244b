import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { systemClock } from "#clock";
import type { ControlPlane } from "./index.ts";
import { startControlPlane } from "./index.ts";
import { descendants, stillRunning } from "./process-tree.ts";

async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 30_000;
  while (!(await isSo())) {
    assert.ok(systemClock.monotonic() < deadline, `still not after 30 s: ${what}`);
    await systemClock.sleep(50);
  }
}

async function ok(control: ControlPlane, args: string[], input?: string): Promise<string> {
  const { stdout, stderr, code } = await control.kubectl(args, input === undefined ? {} : { input });
  assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

describe("a running control plane", () => {
  let control: ControlPlane;
  before(async () => {
    control = await startControlPlane({ auditLog: true });
    await control.installCrds();
  });
  after(() => control.stop());

  test("runs the StatefulSet controller: a StatefulSet gets its pod and its PVC", async () => {
    await ok(control, ["apply", "-f", "-"], STATEFUL_SET);
    await eventually("pod web-0", async () => (await control.kubectl(["get", "pod", "web-0"])).code === 0);
    assert.equal(
      await ok(control, ["get", "pvc", "data-web-0", "-o", "name"]),
      "persistentvolumeclaim/data-web-0\n",
    );
  });

  test("binds a PVC when somebody makes a volume that names the claim and its uid", async () => {
    await ok(control, ["apply", "-f", "-"], CLAIM);
    const uid = await ok(control, ["get", "pvc", "claim", "-o", "jsonpath={.metadata.uid}"]);
    await ok(control, ["apply", "-f", "-"], volumeFor(uid));
    // Without the uid the binder would wait for its next look at everything, every 15 s.
    await ok(control, ["wait", "pvc/claim", "--for=jsonpath={.status.phase}=Bound", "--timeout=30s"]);
  });

  test("explains our kinds as soon as installCrds resolved", async () => {
    for (const kind of ["snode", "snd", "snt"]) {
      assert.match(await ok(control, ["explain", `${kind}.spec`]), /FIELDS:/);
    }
  });

  test("collects what a deleted SeiNode owned, right after installCrds", async () => {
    await ok(control, ["apply", "-f", "-"], SEI_NODE);
    const uid = await ok(control, ["get", "snode", "owner", "-o", "jsonpath={.metadata.uid}"]);
    await ok(control, ["apply", "-f", "-"], ownedConfigMap(uid));
    await ok(control, ["delete", "snode", "owner"]);
    // 30 s is when the collector would notice a new resource by itself; eventually() must not wait for that.
    const start = systemClock.monotonic();
    await eventually("owned is gone", async () => (await control.kubectl(["get", "cm", "owned"])).code !== 0);
    assert.ok(systemClock.monotonic() - start < 20_000);
  });

  test("a ServiceAccount's kubeconfig may do what its role says and nothing else", async () => {
    await ok(control, ["create", "serviceaccount", "reader"]);
    await ok(control, ["create", "role", "reads-configmaps", "--verb=get,list", "--resource=configmaps"]);
    await ok(control, [
      "create",
      "rolebinding",
      "reader",
      "--role=reads-configmaps",
      "--serviceaccount=default:reader",
    ]);
    const kubeconfig = await control.serviceAccountKubeconfig("default", "reader");
    assert.doesNotMatch(await readFile(kubeconfig, "utf8"), new RegExp(control.adminToken));
    await eventually(
      "RBAC has seen the binding",
      async () => (await control.kubectl(["get", "configmaps"], { kubeconfig })).code === 0,
    );
    const refused = await control.kubectl(["get", "secrets"], { kubeconfig });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /system:serviceaccount:default:reader.* cannot list resource "secrets"/);
  });

  test("asking for a kubeconfig of a ServiceAccount that does not exist says so", async () => {
    await assert.rejects(
      control.serviceAccountKubeconfig("default", "nobody"),
      /serviceaccounts "nobody" not found/,
    );
  });

  test("an answered request is in the audit log, under the name of who sent it", async () => {
    await ok(control, ["create", "configmap", "audited"]);
    const events = await auditEvents(control);
    const created = events.filter((event) => event.verb === "create" && event.objectRef?.name === "audited");
    assert.deepEqual(
      created.map(({ stage, user, responseStatus }) => [stage, user.username, responseStatus?.code]),
      [["ResponseComplete", "admin", 201]],
    );
    const pods = events.filter((event) => event.verb === "create" && event.objectRef?.resource === "pods");
    assert.deepEqual(
      [...new Set(pods.map(({ user }) => user.username))],
      ["system:serviceaccount:kube-system:statefulset-controller"],
    );
  });

  test("a manifest the server refuses fails applyFiles with the server's words", async () => {
    const file = join(control.directory, "bad.yaml");
    await writeFile(
      file,
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Not_A_Name, namespace: default}\n",
    );
    await assert.rejects(control.applyFiles(file), /Not_A_Name.*Invalid value/s);
  });

  test("an API server that was killed is back on the same port with the same data, and the controllers go on", async () => {
    const { server } = control;
    await ok(control, ["create", "configmap", "survivor"]);
    await control.restartApiServer();
    assert.equal(control.server, server);
    assert.equal(await ok(control, ["get", "configmap", "survivor", "-o", "name"]), "configmap/survivor\n");
    await ok(control, ["delete", "pod", "web-0", "--grace-period=0", "--force"]);
    await eventually(
      "pod web-0 again",
      async () => (await control.kubectl(["get", "pod", "web-0"])).code === 0,
    );
  });
});

interface AuditEvent {
  stage: string;
  verb: string;
  user: { username: string };
  objectRef?: { resource: string; name?: string };
  responseStatus?: { code: number };
}

async function auditEvents(control: ControlPlane): Promise<AuditEvent[]> {
  assert.ok(control.auditLog);
  const lines = (await readFile(control.auditLog, "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

test("two control planes side by side share nothing, and each takes all of its own with it when stopped", async () => {
  const [one, two] = await Promise.all([startControlPlane(), startControlPlane()]);
  try {
    assert.notEqual(one.server, two.server);
    await ok(one, ["create", "configmap", "only-here"]);
    assert.match((await two.kubectl(["get", "configmap", "only-here"])).stderr, /not found/);
    const refused = await two.kubectl([
      "get",
      "configmaps",
      "--request-timeout=5s",
      `--token=${one.adminToken}`,
    ]);
    assert.notEqual(refused.code, 0);
    assert.equal(one.auditLog, undefined);
    const before = await descendants(process.pid);
    await one.stop();
    await one.stop();
    assert.equal(existsSync(one.directory), false);
    assert.equal(await ok(two, ["get", "namespace", "default", "-o", "name"]), "namespace/default\n");
    await two.stop();
    assert.equal(existsSync(two.directory), false);
    await eventually("no process is left", async () => (await stillRunning(before)).length === 0);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
});

test("a process that was killed with SIGKILL leaves neither servers nor folder", async (t) => {
  const script = `
    import { startControlPlane } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
    const control = await startControlPlane();
    console.log(control.directory);
    process.stdin.resume();`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => parent.kill("SIGKILL"));
  const [directory] = await once(createInterface({ input: parent.stdout }), "line");
  assert.ok(parent.pid !== undefined);
  const pids = await descendants(parent.pid);
  // Three servers with a watcher and its cat each, and the cleaner with its cat.
  assert.ok(pids.length >= 8, `expected at least 8 descendants, got ${pids.length}`);
  assert.equal(existsSync(directory), true);
  parent.kill("SIGKILL");
  await once(parent, "exit");
  await eventually("no process and no folder is left", async () => {
    return (await stillRunning(pids)).length === 0 && !existsSync(directory);
  });
});

test("a server that cannot start fails the start with the end of its log, and nothing is left", async () => {
  const folder = await mkdtemp(join(tmpdir(), "broken-etcd-"));
  const etcd = join(folder, "etcd");
  await writeFile(etcd, "#!/bin/sh\necho disk on fire >&2\nexit 7\n", { mode: 0o755 });
  const before = await descendants(process.pid);
  process.env.TEST_ASSET_ETCD = etcd;
  try {
    await assert.rejects(startControlPlane(), /etcd listens: it ended \(exit code 7\)[\s\S]*disk on fire/);
  } finally {
    delete process.env.TEST_ASSET_ETCD;
    await rm(folder, { recursive: true });
  }
  await eventually("no process is left", async () => {
    const left = (await descendants(process.pid)).filter((pid) => !before.includes(pid));
    return (await stillRunning(left)).length === 0;
  });
});

const STATEFUL_SET = `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: web, namespace: default }
spec:
  serviceName: web
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: example.com/web }] }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`;

const CLAIM = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: claim, namespace: default }
spec: { storageClassName: fast, accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`;

function volumeFor(claimUid: string): string {
  return `
apiVersion: v1
kind: PersistentVolume
metadata: { name: volume }
spec:
  storageClassName: fast
  capacity: { storage: 1Gi }
  accessModes: [ReadWriteOnce]
  claimRef: { apiVersion: v1, kind: PersistentVolumeClaim, namespace: default, name: claim, uid: ${claimUid} }
  hostPath: { path: /nowhere }
`;
}

const SEI_NODE = `
apiVersion: sei.io/v1alpha1
kind: SeiNode
metadata: { name: owner, namespace: default }
spec: { chainId: pacific-1, image: "example.com/seid:v1", fullNode: {} }
`;

function ownedConfigMap(uid: string): string {
  return `
apiVersion: v1
kind: ConfigMap
metadata:
  name: owned
  namespace: default
  ownerReferences: [{ apiVersion: sei.io/v1alpha1, kind: SeiNode, name: owner, uid: ${uid}, controller: true }]
`;
}
