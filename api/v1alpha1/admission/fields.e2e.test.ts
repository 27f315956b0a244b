/** Every field on the real API server: values it takes, values it refuses, what is filled in and what is dropped. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type ControlPlane, startControlPlane } from "#devcluster";
import { type AdmissionServer, connect, type Verdict } from "./admission-server.ts";
import { deployment, fullNode, genesis, keyedValidator, task, validator } from "./drafts.ts";
import { ABSENT, show, valueAt, withValue } from "./field-case.ts";
import { seiNodeFieldCases } from "./seinode-field-cases.ts";
import { seiNodeDeploymentFieldCases } from "./seinodedeployment-field-cases.ts";
import { seiNodeTaskFieldCases } from "./seinodetask-field-cases.ts";
import { statusCases } from "./status-cases.ts";

let controlPlane: ControlPlane;
let server: AdmissionServer;

before(async () => {
  controlPlane = await startControlPlane();
  await controlPlane.installCrds();
  server = connect(controlPlane);
});

after(async () => {
  await server?.close();
  await controlPlane?.stop();
});

function assertTakes(verdict: Verdict, path: string, value: unknown): void {
  assert.ok(verdict.accepted, verdict.text);
  if (value !== ABSENT)
    assert.deepEqual(valueAt(verdict.body, path), value, "taken, but stored as something else");
}

function assertRefuses(verdict: Verdict, path: string): void {
  assert.equal(verdict.accepted, false, verdict.text);
  // The field itself or something below it; never only a neighbour. For a number out of the range of its format the
  // server names the field in the message alone.
  const namesIt = ({ field, message }: Verdict["causes"][number]) =>
    field.startsWith(path) || message.endsWith(` in ${path}`);
  assert.ok(verdict.causes.some(namesIt), verdict.text);
}

for (const { situation, base, fields } of [
  ...seiNodeFieldCases,
  ...seiNodeDeploymentFieldCases,
  ...seiNodeTaskFieldCases,
]) {
  describe(`${base.kind}: ${situation}`, () => {
    test("the manifest the cases start from is accepted", async () => {
      const verdict = await server.tryCreate(base);
      assert.ok(verdict.accepted, verdict.text);
    });
    for (const { path, accepts, rejects } of fields) {
      for (const value of accepts) {
        test(`${path} takes ${show(value)}`, async () => {
          assertTakes(await server.tryCreate(withValue(base, path, value)), path, value);
        });
      }
      for (const value of rejects) {
        test(`${path} refuses ${show(value)}`, async () => {
          assertRefuses(await server.tryCreate(withValue(base, path, value)), path);
        });
      }
    }
  });
}

for (const { draft, full, fields } of statusCases) {
  describe(`${draft.kind}: status`, () => {
    test("a status with every field is stored as it is", async () => {
      const verdict = await server.tryStatus(await server.create(draft), full.status);
      assert.ok(verdict.accepted, verdict.text);
      assert.deepEqual(verdict.body.status, full.status);
    });
    test("an empty status is accepted", async () => {
      const verdict = await server.tryStatus(await server.create(draft), {});
      assert.ok(verdict.accepted, verdict.text);
    });
    test("every field is checked", async () => {
      const stored = await server.create(draft);
      for (const { path, accepts, rejects } of fields) {
        for (const value of accepts) {
          assertTakes(await server.tryStatus(stored, withValue(full, path, value).status), path, value);
        }
        for (const value of rejects) {
          assertRefuses(await server.tryStatus(stored, withValue(full, path, value).status), path);
        }
      }
    });
    test("a status sent with the object itself is ignored", async () => {
      const { body } = await server.tryCreate(draft, full);
      assert.equal(body.status, undefined);
    });
  });
}

describe("defaults", () => {
  test("an empty sidecar gets the port, and no sidecar gets nothing", async () => {
    const { body } = await server.tryCreate(fullNode({ sidecar: {} }));
    assert.deepEqual(body.spec, {
      chainId: "pacific-1",
      image: "seid:v1",
      fullNode: {},
      sidecar: { port: 7777 },
    });
    assert.deepEqual((await server.tryCreate(fullNode())).body.spec, fullNode().spec);
  });

  test("a keyring gets the key name node_admin", async () => {
    const { body } = await server.tryCreate(keyedValidator());
    assert.equal(valueAt(body, "spec.validator.operatorKeyring.secret.keyName"), "node_admin");
  });

  test("a deployment gets one replica and the policy Delete", async () => {
    const { body } = await server.tryCreate(deployment({ replicas: undefined }));
    assert.deepEqual(body.spec, { ...deployment().spec, replicas: 1, deletionPolicy: "Delete" });
  });

  test("a genesis gets its two amounts", async () => {
    const { body } = await server.tryCreate(genesis());
    assert.deepEqual(valueAt(body, "spec.genesis"), {
      chainId: "devnet-7",
      stakingAmount: "10000000usei",
      accountBalance: "1000000000000000000000usei,1000000000000000000000uusdc,1000000000000000000000uatom",
    });
  });

  test("a task waits five minutes for phase Running", async () => {
    const { body } = await server.tryCreate(task("RestartSeid"));
    assert.deepEqual(valueAt(body, "spec.target"), {
      nodeRef: { name: "node-0" },
      requirePhase: "Running",
      requirePhaseTimeout: "5m",
    });
  });
});

describe("unknown fields", () => {
  test("are dropped at every level of a spec", async () => {
    const { body } = await server.tryCreate(
      fullNode({ genesis: {}, storage: 1, fullNode: { entrypoint: {} }, sidecar: { port: 1, tls: true } }),
    );
    assert.deepEqual(body.spec, {
      chainId: "pacific-1",
      image: "seid:v1",
      fullNode: {},
      sidecar: { port: 1 },
    });
  });

  test("are dropped from an object that is only there to be there", async () => {
    const { body } = await server.tryCreate(
      fullNode({ fullNode: { snapshot: { stateSync: { peers: 1 } } } }),
    );
    assert.deepEqual(valueAt(body, "spec.fullNode.snapshot"), { stateSync: {} });
  });

  test("are dropped from template metadata, whose labels and annotations stay", async () => {
    const kept = { labels: { a: "b" }, annotations: { c: "d" } };
    const metadata = { ...kept, name: "x", namespace: "y", finalizers: ["z"] };
    const { body } = await server.tryCreate(deployment({ template: { metadata, spec: validator().spec } }));
    assert.deepEqual(valueAt(body, "spec.template.metadata"), kept);
  });

  test("are kept in genesis overrides, which take any JSON", async () => {
    const overrides = { "a.b": { c: [{ d: 1 }, "e", null, 0.5] }, f: true };
    const { body } = await server.tryCreate(genesis({ overrides }));
    assert.deepEqual(valueAt(body, "spec.genesis.overrides"), overrides);
  });

  test("are dropped from a status, and kept in the params of a plan's task", async () => {
    const params = { Any: { thing: [1] } };
    const plan = { phase: "Active", tasks: [{ type: "a", id: "b", status: "Pending", params, note: 1 }] };
    const { body } = await server.tryStatus(await server.create(fullNode()), { plan, hello: 1 });
    assert.deepEqual(body.status, {
      plan: { phase: "Active", tasks: [{ type: "a", id: "b", status: "Pending", params }] },
    });
  });
});

describe("integers beyond what JavaScript holds", () => {
  // In Node since 21; not yet in the type library.
  const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };
  const vote = (gas: string) =>
    task("GovVote", {
      govVote: { chainId: "a", proposalId: 1, option: "no", fees: "1usei", gas: rawJSON(gas) },
    });

  test("pass through the API server unchanged up to 2^63-1", async () => {
    const verdict = await server.tryCreate(vote("9223372036854775807"));
    assert.ok(verdict.accepted, verdict.text);
    assert.match(verdict.text, /"gas":9223372036854775807\b/);
  });

  test("are refused from 2^63 on", async () => {
    assertRefuses(await server.tryCreate(vote("9223372036854775808")), "spec.govVote.gas");
  });
});

test("the removed task kind RestartPod is refused as an unsupported value", async () => {
  const verdict = await server.tryCreate(task("RestartPod", { restartPod: { podUID: "a" } }));
  assert.deepEqual(verdict.causes.map(({ field }) => field).includes("spec.kind"), true, verdict.text);
  assert.match(verdict.text, /Unsupported value/);
});
