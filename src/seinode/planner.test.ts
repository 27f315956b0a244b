import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNodeSpec, SeiNodeStatus, TaskPlan } from "#api";
import { buildPlan } from "#plan";
import { InvalidSpec } from "./errors.ts";
import { type Decision, decidePlan, type PlannerInput, planType } from "./planner.ts";
import { images, pod, seiNode } from "./testing.ts";
import { updateTasks } from "./update-plan.ts";

type Overrides = Partial<Omit<PlannerInput, "node" | "status">>;

function decide(spec: Partial<SeiNodeSpec>, status: SeiNodeStatus = {}, overrides: Overrides = {}): Decision {
  const node = seiNode(spec, status);
  return decidePlan({
    node,
    status,
    wanted: { seid: node.spec.image, sidecar: images.sidecar },
    pod: pod(),
    statefulSet: undefined,
    sidecarDead: false,
    reapprovalDue: false,
    retryDue: true,
    applyDue: false,
    ...overrides,
  });
}

function started(decision: Decision): Extract<Decision, { action: "start" }> {
  assert.equal(decision.action, "start");
  return decision as Extract<Decision, { action: "start" }>;
}

const typesOf = (decision: Decision) => started(decision).tasks.map((task) => task.type);
const running: SeiNodeStatus = {
  phase: "Running",
  currentImage: images.seid,
  currentSidecarImage: images.sidecar,
  statefulSet: { name: "rpc-0", uid: "sts-uid" },
};
const infrastructure = ["ensure-data-pvc", "apply-rbac-proxy-config", "apply-statefulset", "apply-service"];
const update = [
  "apply-statefulset",
  "apply-service",
  "config-patch",
  "config-validate",
  "replace-pod",
  "observe-image",
  "mark-ready",
];
const peers = [{ static: { addresses: ["0123456789012345678901234567890123456789@peer:26656"] } }];

const initTable: readonly [name: string, spec: Partial<SeiNodeSpec>, sidecarTasks: string][] = [
  ["block sync", { fullNode: {} }, "configure-genesis config-apply config-validate mark-ready"],
  [
    "block sync with peers",
    { fullNode: {}, peers },
    "configure-genesis config-apply discover-peers config-validate mark-ready",
  ],
  [
    "state sync",
    { fullNode: { snapshot: { stateSync: {} } } },
    "configure-genesis config-apply configure-state-sync config-validate mark-ready",
  ],
  [
    "S3 snapshot",
    { fullNode: { snapshot: { s3: { targetHeight: 7 } } } },
    "snapshot-restore configure-genesis config-apply configure-state-sync config-validate mark-ready",
  ],
  [
    "S3 snapshot with peers",
    { fullNode: { snapshot: { s3: { targetHeight: 7 } } }, peers },
    "snapshot-restore configure-genesis config-apply discover-peers configure-state-sync config-validate mark-ready",
  ],
  [
    "replay from an S3 snapshot",
    { replayer: { snapshot: { s3: { targetHeight: 7 } } }, peers },
    "snapshot-restore configure-genesis config-apply discover-peers configure-state-sync config-validate mark-ready",
  ],
  ["a validator", { validator: {} }, "configure-genesis config-apply config-validate mark-ready"],
  [
    "a validator by state sync",
    { validator: { snapshot: { stateSync: {} } }, peers },
    "configure-genesis config-apply discover-peers configure-state-sync config-validate mark-ready",
  ],
  [
    "a validator from an S3 snapshot",
    { validator: { snapshot: { s3: { targetHeight: 7 } } } },
    "snapshot-restore configure-genesis config-apply configure-state-sync config-validate mark-ready",
  ],
  [
    "archive with peers and published snapshots",
    { archive: { snapshotGeneration: { tendermint: { keepRecent: 2, publish: {} } } }, peers },
    "configure-genesis config-apply discover-peers config-validate snapshot-upload mark-ready",
  ],
];

for (const [name, spec, sidecarTasks] of initTable) {
  test(`a new node with ${name} gets its init plan in the exact order`, () => {
    assert.deepEqual(typesOf(decide(spec)), [...infrastructure, ...sidecarTasks.split(" ")]);
  });
}

const keys = {
  signingKey: { secret: { secretName: "signing" } },
  nodeKey: { secret: { secretName: "node" } },
};
const operatorKeyring = {
  secret: { secretName: "keyring", passphraseSecretRef: { secretName: "passphrase", key: "word" } },
};
const ceremony = { chainId: "pacific-1", stakingAmount: "1usei", accountBalance: "2usei", index: 0 };

const gateTable: readonly [name: string, validator: SeiNodeSpec["validator"], gates: readonly string[]][] = [
  ["no keys", {}, []],
  ["its own keys", keys, ["validate-signing-key", "validate-node-key"]],
  ["a keyring alone", { operatorKeyring }, ["validate-operator-keyring"]],
  [
    "its own keys and a keyring",
    { ...keys, operatorKeyring },
    ["validate-signing-key", "validate-node-key", "validate-operator-keyring"],
  ],
];

for (const [name, validator, gates] of gateTable) {
  test(`a validator with ${name} has its keys checked after the volume and before anything that seid runs in`, () => {
    assert.ok(validator);
    assert.deepEqual(typesOf(decide({ validator })), [
      "ensure-data-pvc",
      ...gates,
      ...infrastructure.slice(1),
      ...["configure-genesis", "config-apply", "config-validate", "mark-ready"],
    ]);
  });

  test(`the update of a validator with ${name} begins with the check of its keys, whether its sidecar lives or not`, () => {
    assert.ok(validator);
    const spec = { validator, image: "sei:v2" };
    assert.deepEqual(typesOf(decide(spec, running)), [...gates, ...update]);
    assert.deepEqual(typesOf(decide(spec, running, { sidecarDead: true })), [...gates, ...deadFirst]);
  });
}

test("a bare validator has eight tasks and runs in mode validator", () => {
  const { tasks } = started(decide({ validator: {} }));
  assert.equal(tasks.length, 8);
  const params = tasks.find((task) => task.type === "config-apply")?.params;
  assert.deepEqual(params, { mode: "validator", overrides: { "logging.level": "info" } });
});

test("the key tasks name the Secrets to look at, and nothing of what is in them", () => {
  const { tasks } = started(decide({ validator: { ...keys, operatorKeyring } }));
  const gates = tasks.slice(1, 4).map(({ params, maxRetries }) => [params, maxRetries ?? 0]);
  const namespace = "sei";
  assert.deepEqual(gates, [
    [{ secretName: "signing", namespace }, 0],
    [{ secretName: "node", namespace }, 0],
    [
      {
        secretName: "keyring",
        keyName: "node_admin",
        passphraseSecretName: "passphrase",
        passphraseSecretKey: "word",
        namespace,
      },
      0,
    ],
  ]);
});

test("a validator of a ceremony makes its identity, hands it in, and waits for the genesis of all", () => {
  const { tasks } = started(decide({ validator: { genesisCeremony: ceremony } }));
  assert.deepEqual(
    tasks.map((task) => task.type),
    [
      ...infrastructure,
      ...["generate-identity", "generate-gentx", "upload-genesis-artifacts", "configure-genesis"],
      ...["config-apply", "set-genesis-peers", "config-validate", "mark-ready"],
    ],
  );
  const of = (type: string) => tasks.find((task) => task.type === type);
  assert.deepEqual(of("generate-identity")?.params, { chainId: "pacific-1", moniker: "rpc-0" });
  assert.deepEqual(of("generate-gentx")?.params, {
    chainId: "pacific-1",
    stakingAmount: "1usei",
    accountBalance: "2usei",
  });
  assert.deepEqual(of("upload-genesis-artifacts")?.params, { nodeName: "rpc-0" });
  assert.equal(of("configure-genesis")?.maxRetries, 180);
  assert.equal(of("set-genesis-peers")?.maxRetries, 20);
});

test("a ceremony comes before everything else the spec says of where the node starts, in init and in updates", () => {
  const bootstrap = { s3: { targetHeight: 7 }, bootstrapImage: "sei:v0" };
  const bare = typesOf(decide({ validator: { genesisCeremony: ceremony } }));
  const validator = { genesisCeremony: ceremony, snapshot: bootstrap, operatorKeyring };
  assert.deepEqual(typesOf(decide({ validator, peers })), bare);
  assert.deepEqual(typesOf(decide({ validator, image: "sei:v2" }, running)), update);
});

test("the params of every init and update plan survive a JSON round trip", () => {
  const validators = [...gateTable.map(([, validator]) => validator), { genesisCeremony: ceremony }];
  for (const validator of validators) {
    assert.ok(validator);
    for (const status of [{}, { ...running, currentImage: "sei:v0" }]) {
      const { tasks } = started(decide({ validator }, status));
      assert.ok(tasks.every(({ params }) => params !== undefined));
      assert.deepEqual(JSON.parse(JSON.stringify(tasks)), tasks);
    }
  }
});

test("D5: an update that waits for a key when its sidecar dies still checks the keys, then replaces the pod first", () => {
  const node = seiNode({ image: "sei:v2", validator: keys });
  const tasks = updateTasks(node, { seid: "sei:v2", sidecar: images.sidecar }, { sidecarDead: false });
  const plan = buildPlan({ id: "p", tasks, targetPhase: "Running" });
  const decision = started(decide(node.spec, { ...running, plan }, { sidecarDead: true }));
  assert.deepEqual(typesOf(decision), ["validate-signing-key", "validate-node-key", ...deadFirst]);
});

test("an S3 full node without peers has ten tasks, retry budgets on those that may have to wait for others", () => {
  const { tasks } = started(decide({ fullNode: { snapshot: { s3: { targetHeight: 7 } } } }));
  assert.equal(tasks.length, 10);
  const budgets = Object.fromEntries(tasks.map((task) => [task.type, task.maxRetries ?? 0]));
  assert.equal(budgets["configure-genesis"], 180);
  assert.equal(budgets["snapshot-restore"], 5);
  assert.equal(budgets["config-apply"], 0);
});

test("the params of the sidecar tasks are frozen into the plan under the sidecar's own keys", () => {
  const spec = {
    fullNode: { snapshot: { stateSync: {}, trustPeriod: "168h0m0s", backfillBlocks: 0 } },
    overrides: { "evm.http_port": "8545" },
    peers,
  };
  const { tasks } = started(decide(spec, { resolvedRPCWitnesses: ["w:26657"] }));
  const params = (type: string) => tasks.find((task) => task.type === type)?.params;
  assert.deepEqual(params("config-apply"), {
    mode: "full",
    overrides: { "evm.http_port": "8545", "logging.level": "info" },
  });
  assert.deepEqual(params("discover-peers"), {
    sources: [{ type: "static", addresses: peers[0]?.static.addresses }],
  });
  assert.deepEqual(params("configure-state-sync"), {
    useLocalSnapshot: false,
    trustPeriod: "168h0m0s",
    rpcServers: ["w:26657"],
  });
});

test("a label source that resolved to nothing leaves discover-peers out of the plan", () => {
  const spec = { fullNode: {}, peers: [{ label: { selector: { "sei.io/chain": "pacific-1" } } }] };
  assert.ok(!typesOf(decide(spec, { resolvedPeers: [] })).includes("discover-peers"));
  assert.ok(typesOf(decide(spec, { resolvedPeers: ["id@host:26656"] })).includes("discover-peers"));
});

test("a spec without a mode is refused with a message, and nothing is planned", () => {
  const node = { ...seiNode(), spec: { chainId: "pacific-1", image: "sei:v1" } };
  const input = {
    node,
    status: {},
    wanted: images,
    pod: undefined,
    statefulSet: undefined,
    sidecarDead: false,
    reapprovalDue: false,
    retryDue: true,
    applyDue: false,
  };
  assert.throws(() => decidePlan(input), InvalidSpec);
});

test("a Running node without drift gets no plan", () => {
  assert.deepEqual(decide({}, running), { action: "none" });
});

test("seid drift starts the update of seven tasks and names wanted and current image", () => {
  const decision = started(decide({ image: "sei:v2" }, running));
  assert.deepEqual(typesOf(decision), update);
  assert.equal(decision.message, "image drift detected: spec=sei:v2 current=sei:v1");
  assert.equal(decision.supersedes, undefined);
});

test("sidecar drift alone starts the same update, with its own message", () => {
  const decision = started(
    decide({}, { ...running, currentSidecarImage: "seictl:v0" }, { pod: pod({ sidecar: "seictl:v0" }) }),
  );
  assert.deepEqual(typesOf(decision), update);
  assert.equal(decision.message, "sidecar image drift detected: spec=seictl:v1 current=seictl:v0");
});

test("both drifts make one plan whose message names both", () => {
  const { message } = started(decide({ image: "sei:v2" }, { ...running, currentSidecarImage: "seictl:v0" }));
  assert.match(message, /seid spec=sei:v2 current=sei:v1/);
  assert.match(message, /sidecar spec=seictl:v1 current=seictl:v0/);
});

test("D21: an image that was never observed is no drift while the pod is made from the wanted one", () => {
  const { currentImage: _, currentSidecarImage: __, ...unobserved } = running;
  assert.deepEqual(decide({}, unobserved), { action: "none" });
  assert.deepEqual(decide({}, unobserved, { pod: undefined }), { action: "none" });
});

test("D21: a pod that runs another seid image is drift even when no image was ever observed", () => {
  const { currentImage: _, ...unobserved } = running;
  const { message } = started(decide({}, unobserved, { pod: pod({ seid: "sei:v0" }) }));
  assert.equal(message, "image drift detected: spec=sei:v1 current=sei:v0");
});

test("an empty currentSidecarImage is never drift, so a controller upgrade does not roll the fleet", () => {
  const { currentSidecarImage: _, ...unobserved } = running;
  assert.deepEqual(decide({}, unobserved, { pod: pod({ sidecar: "seictl:v0" }) }), { action: "none" });
});

test("a sidecar that answers not ready gets a one-task mark-ready plan, unless there is drift", () => {
  assert.deepEqual(typesOf(decide({}, running, { reapprovalDue: true })), ["mark-ready"]);
  assert.deepEqual(typesOf(decide({ image: "sei:v2" }, running, { reapprovalDue: true })), update);
});

function updatePlan(target: string, done = 0): TaskPlan {
  const node = seiNode({ image: target });
  const tasks = updateTasks(node, { seid: target, sidecar: images.sidecar }, { sidecarDead: false });
  const plan = buildPlan({ id: "00000000-0000-4000-8000-000000000001", tasks, targetPhase: "Running" });
  for (const task of plan.tasks.slice(0, done)) task.status = "Complete";
  return plan;
}

test("an active update plan for the wanted image runs on", () => {
  assert.deepEqual(decide({ image: "sei:v2" }, { ...running, plan: updatePlan("sei:v2", 3) }), {
    action: "run",
  });
});

test("D2: another image while an update is active supersedes the plan at once", () => {
  const decision = started(decide({ image: "sei:v3" }, { ...running, plan: updatePlan("sei:v2", 5) }));
  assert.deepEqual(typesOf(decision), update);
  assert.match(decision.supersedes ?? "", /from sei:v2 to sei:v3/);
});

test("D2: going back to the image that is still current supersedes too, because the pod may have moved on", () => {
  const decision = started(decide({ image: "sei:v1" }, { ...running, plan: updatePlan("sei:v2", 5) }));
  assert.deepEqual(typesOf(decision), update);
  assert.match(decision.message, /^image drift detected/);
});

test("D2: an image that changes under a mark-ready plan supersedes it", () => {
  const plan = buildPlan({ id: "p", tasks: [{ type: "mark-ready" }], targetPhase: "Running" });
  assert.deepEqual(typesOf(decide({ image: "sei:v2" }, { ...running, plan })), update);
});

test("a plan of the reference operator, which names no target, is run to its end", () => {
  const plan = updatePlan("sei:v2", 2);
  for (const task of plan.tasks)
    if (task.type === "observe-image") task.params = { nodeName: "rpc-0", namespace: "sei" };
  assert.deepEqual(decide({ image: "sei:v3" }, { ...running, plan }), { action: "run" });
});

test("a plan of the reference operator is superseded once it has observed its image and another one is wanted", () => {
  const plan = updatePlan("sei:v2", 6);
  for (const task of plan.tasks)
    if (task.type === "observe-image") task.params = { nodeName: "rpc-0", namespace: "sei" };
  const status = { ...running, currentImage: "sei:v2", plan };
  assert.deepEqual(typesOf(decide({ image: "sei:v3" }, status)), update);
});

test("an update that failed after it replaced the pod is run again as a whole, not finished by mark-ready alone", () => {
  const plan = { ...updatePlan("sei:v2", 6), phase: "Failed" as const };
  const status = { ...running, currentImage: "sei:v2", plan };
  const overrides = { pod: pod({ seid: "sei:v2" }), reapprovalDue: true };
  assert.deepEqual(typesOf(decide({ image: "sei:v2" }, status, overrides)), update);
});

test("an init plan is never superseded by an image", () => {
  const plan = buildPlan({
    id: "p",
    tasks: [{ type: "ensure-data-pvc" }],
    targetPhase: "Running",
    failedPhase: "Failed",
  });
  assert.deepEqual(decide({ image: "sei:v2" }, { phase: "Initializing", plan }), { action: "run" });
});

const deadFirst = [
  "apply-statefulset",
  "apply-service",
  "replace-pod",
  "observe-image",
  "config-patch",
  "config-validate",
  "mark-ready",
];

test("D5: with a dead sidecar the update replaces the pod before it asks the sidecar anything", () => {
  assert.deepEqual(typesOf(decide({ image: "sei:v2" }, running, { sidecarDead: true })), deadFirst);
});

test("D5: an update that waits for a sidecar that died is superseded by one that replaces the pod first", () => {
  const decision = started(
    decide({ image: "sei:v2" }, { ...running, plan: updatePlan("sei:v2", 2) }, { sidecarDead: true }),
  );
  assert.deepEqual(typesOf(decision), deadFirst);
  assert.match(decision.supersedes ?? "", /sidecar/);
});

test("D5: the plan that replaces the pod first is not superseded by another one like it", () => {
  const node = seiNode({ image: "sei:v2" });
  const tasks = updateTasks(node, { seid: "sei:v2", sidecar: images.sidecar }, { sidecarDead: true });
  const plan = buildPlan({ id: "p", tasks, targetPhase: "Running" });
  assert.deepEqual(decide({ image: "sei:v2" }, { ...running, plan }, { sidecarDead: true }), {
    action: "run",
  });
});

test("D5: once the pod is replaced, a silent sidecar is waited for", () => {
  const status = { ...running, plan: updatePlan("sei:v2", 6) };
  assert.deepEqual(decide({ image: "sei:v2" }, status, { sidecarDead: true }), { action: "run" });
});

test("D8: a failed update plan is kept until its retry is due, then rebuilt with new ids", () => {
  const plan = { ...updatePlan("sei:v2", 2), phase: "Failed" as const };
  assert.deepEqual(decide({ image: "sei:v2" }, { ...running, plan }, { retryDue: false }), {
    action: "none",
  });
  assert.deepEqual(typesOf(decide({ image: "sei:v2" }, { ...running, plan }, { retryDue: true })), update);
});

test("a complete plan is cleared when nothing follows", () => {
  const plan = { ...updatePlan("sei:v1", 7), phase: "Complete" as const };
  assert.deepEqual(decide({}, { ...running, plan }), { action: "clear" });
});

test("D10: a Failed node that is asked to retry gets a new init plan", () => {
  const plan = { ...updatePlan("sei:v1"), phase: "Failed" as const };
  const decision = started(decide({}, { phase: "Failed", plan }));
  assert.equal(decision.kind, "init");
});

test("plan types carry the names of the metric's label", () => {
  const named = (types: string[]) => planType(buildPlan({ id: "p", tasks: types.map((type) => ({ type })) }));
  assert.equal(named(["ensure-data-pvc", "mark-ready"]), "init");
  assert.equal(named(["apply-statefulset", "observe-image"]), "node-update");
  assert.equal(named(["mark-ready"]), "mark-ready-reapply");
  assert.equal(named(["config-apply", "config-validate", "restart-seid"]), "apply-config");
  assert.equal(named(["config-apply"]), "unknown");
});
