/** The API as a user of kubectl meets it: explain, columns, short names, samples. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type ControlPlane, startControlPlane } from "#devcluster";
import { kinds } from "../schema/kinds.ts";

const samples = join(import.meta.dirname, "..", "..", "..", "config", "samples");
const sampleNames = readdirSync(samples).filter((name) => name.endsWith(".yaml"));

let controlPlane: ControlPlane;

before(async () => {
  controlPlane = await startControlPlane();
  await controlPlane.installCrds();
});

after(async () => {
  await controlPlane?.stop();
});

async function kubectl(...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await controlPlane.kubectl(args);
  assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

const columnsOf = (table: string) => table.split("\n")[0]?.trim().split(/\s+/);

test("all three CRDs are Established, and no schema is refused as non-structural", async () => {
  const { items } = JSON.parse(await kubectl("get", "crd", "-o", "json"));
  const state = items.map(
    (crd: { metadata: { name: string }; status: { conditions: { type: string; status: string }[] } }) => [
      crd.metadata.name,
      ...crd.status.conditions
        .filter(({ status }) => status === "True")
        .map(({ type }) => type)
        .sort(),
    ],
  );
  assert.deepEqual(state, [
    ["seinodedeployments.sei.io", "Established", "NamesAccepted"],
    ["seinodes.sei.io", "Established", "NamesAccepted"],
    ["seinodetasks.sei.io", "Established", "NamesAccepted"],
  ]);
});

test("the resources go by the names of the contract", async () => {
  const table = await kubectl("api-resources", "--api-group=sei.io", "--no-headers", "--sort-by=name");
  assert.deepEqual(
    table
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/)),
    [
      ["seinodedeployments", "snd", "sei.io/v1alpha1", "true", "SeiNodeDeployment"],
      ["seinodes", "snode", "sei.io/v1alpha1", "true", "SeiNode"],
      ["seinodetasks", "snt", "sei.io/v1alpha1", "true", "SeiNodeTask"],
    ],
  );
});

test("explain describes the spec of each kind and the fields in it", async () => {
  const node = await kubectl("explain", "seinode.spec");
  assert.match(node, /The node you want\. Set exactly one mode/);
  assert.match(node, /chainId\t<string> -required-\n {4}Chain to join, for example pacific-1\./);
  assert.match(node, /paused\t<boolean>\n {4}Scale the node to zero/);
  assert.match(
    await kubectl("explain", "snd.spec.updateStrategy.type"),
    /ENUM:\s+InPlace\s+BlueGreen\s+HardFork/,
  );
  assert.match(await kubectl("explain", "snt.spec.govVote.option"), /ENUM:\s+yes\s+no\s+abstain/);
  assert.match(await kubectl("explain", "snode.status.plan.tasks"), /failedRun\t<integer>\n/);
});

test("explain --recursive shows every field of each kind with its type", async () => {
  for (const { plural } of kinds) {
    const text = await kubectl("explain", plural, "--recursive");
    assert.match(text, /conditions\t<\[\]Object>/);
  }
});

describe("samples", () => {
  test("there is one per use", () => {
    assert.deepEqual(sampleNames.sort(), [
      "archive.yaml",
      "deployment-genesis.yaml",
      "deployment-rpc-label-peers.yaml",
      "deployment-rpc.yaml",
      "full-node-s3-bootstrap.yaml",
      "full-node-state-sync.yaml",
      "full-node.yaml",
      "replayer.yaml",
      "task-await-condition.yaml",
      "task-await-nodes-at-height.yaml",
      "task-discover-peers.yaml",
      "task-gov-software-upgrade.yaml",
      "task-gov-vote.yaml",
      "task-mark-ready.yaml",
      "task-restart-seid.yaml",
      "task-update-node-image.yaml",
      "validator-byo-keys.yaml",
    ]);
  });

  for (const name of sampleNames) {
    test(`${name} is created as it stands, with no field unknown to the schema`, async () => {
      assert.match(await kubectl("create", "--validate=strict", "-f", join(samples, name)), / created\n$/);
    });
  }

  test("the columns are those of the contract", async () => {
    assert.deepEqual(columnsOf(await kubectl("get", "snode")), ["NAME", "PHASE", "AGE"]);
    assert.deepEqual(columnsOf(await kubectl("get", "snode", "-o", "wide")), [
      "NAME",
      "PHASE",
      "STATEFULSET",
      "AGE",
    ]);
    const deployment = ["NAME", "READY", "REPLICAS", "PHASE", "PAUSED"];
    assert.deepEqual(columnsOf(await kubectl("get", "snd")), [...deployment, "AGE"]);
    assert.deepEqual(columnsOf(await kubectl("get", "snd", "-o", "wide")), [...deployment, "TARGET", "AGE"]);
    const task = ["NAME", "KIND", "TARGET", "PHASE", "REASON"];
    assert.deepEqual(columnsOf(await kubectl("get", "snt")), [...task, "AGE"]);
    assert.deepEqual(columnsOf(await kubectl("get", "snt", "-o", "wide")), [...task, "MESSAGE", "AGE"]);
  });

  test("the columns show the values of the object", async () => {
    const patch = (resource: string, name: string, body: object) =>
      kubectl("patch", resource, name, "--subresource=status", "--type=merge", "-p", JSON.stringify(body));
    await patch("snode", "pacific-full", {
      status: { phase: "Running", statefulSet: { name: "pacific-full", uid: "x" } },
    });
    await patch("snd", "pacific-rpc", {
      status: {
        phase: "Upgrading",
        replicas: 3,
        readyReplicas: 2,
        rollout: { targetHash: "4e366067369340d3", startedAt: "2026-11-21T03:00:00Z" },
      },
    });
    await patch("snt", "restart-seid", { status: { phase: "Complete" } });
    const row = async (...args: string[]) =>
      (await kubectl("get", ...args, "--no-headers")).trim().split(/\s+/).slice(0, -1);
    assert.deepEqual(await row("snode", "pacific-full", "-o", "wide"), [
      "pacific-full",
      "Running",
      "pacific-full",
    ]);
    // Paused is not set, and the column of a missing boolean is empty.
    assert.deepEqual(await row("snd", "pacific-rpc", "-o", "wide"), [
      "pacific-rpc",
      "2",
      "3",
      "Upgrading",
      "4e366067369340d3",
    ]);
    assert.deepEqual(await row("snt", "restart-seid"), [
      "restart-seid",
      "RestartSeid",
      "devnet-rpc-0",
      "Complete",
    ]);
  });

  test("kubectl wait sees a Ready condition", async () => {
    const ready = {
      type: "Ready",
      status: "True",
      reason: "Test",
      message: "",
      lastTransitionTime: "2026-11-21T03:00:00Z",
      observedGeneration: 1,
    };
    await kubectl(
      "patch",
      "snode",
      "pacific-archive",
      "--subresource=status",
      "--type=merge",
      "-p",
      JSON.stringify({ status: { conditions: [ready] } }),
    );
    assert.match(
      await kubectl("wait", "--for=condition=Ready", "snode/pacific-archive", "--timeout=10s"),
      /condition met/,
    );
  });
});
