import { type Draft, deployment, fullNode, type Json, long, task } from "./drafts.ts";
import { ABSENT, type FieldCase, field } from "./field-case.ts";

export interface StatusCases {
  readonly draft: Draft;
  /** A status with every field there is. The fields of a case start from it. */
  readonly full: { readonly status: Json };
  readonly fields: readonly FieldCase[];
}

const time = "2026-11-21T03:00:00Z";
const required = (...paths: string[]) => paths.map((path) => field(path, [], [ABSENT]));
const nodePhases = ["Pending", "Initializing", "Running", "Failed", "Terminating"];
const oneOf = (path: string, values: readonly string[]) => field(path, values, ["", "Unheard"]);
const dateTime = (path: string) =>
  field(path, ["2026-11-21T03:00:00.123456Z", "2026-11-21T03:00:00+01:00"], ["today", 1]);

const conditions = [
  {
    type: "Ready",
    status: "True",
    reason: "Because",
    message: "",
    lastTransitionTime: time,
    observedGeneration: 1,
  },
];

const conditionFields = [
  ...required(
    ...["type", "status", "reason", "message", "lastTransitionTime"].map(
      (name) => `status.conditions[0].${name}`,
    ),
  ),
  field("status.conditions[0].type", ["sei.io/Ready", long(316)], ["", "not ready", long(317)]),
  oneOf("status.conditions[0].status", ["True", "False", "Unknown"]),
  field("status.conditions[0].reason", ["A", "A:b,c_9", long(1024)], ["", "9A", "a b", "a-b", long(1025)]),
  field("status.conditions[0].message", ["", long(32768)], [long(32769)]),
  dateTime("status.conditions[0].lastTransitionTime"),
  field("status.conditions[0].observedGeneration", [ABSENT, 0], [-1]),
  field("status.conditions[1]", [{ ...conditions[0], type: "Other" }], [conditions[0]]),
];

const plan = {
  id: "3b241101-e2bb-4255-8caf-4136c566a962",
  phase: "Failed",
  tasks: [
    {
      type: "config-apply",
      id: "3fc2a0ee-6002-53cc-9ebb-6906ccddaa4c",
      status: "Failed",
      params: { any: [1, { thing: null }] },
      submittedAt: time,
      error: "no",
      maxRetries: 1,
      retryCount: 1,
      failedRun: 2,
    },
  ],
  targetPhase: "Running",
  failedPhase: "Failed",
  failedTaskIndex: 0,
  failedTaskDetail: { type: "config-apply", id: "a", error: "no", retryCount: 1, maxRetries: 1 },
};

const planFields = [
  ...required(
    ...["phase", "tasks", "tasks[0].type", "tasks[0].id", "tasks[0].status"].map(
      (name) => `status.plan.${name}`,
    ),
    ...["type", "id", "error", "retryCount", "maxRetries"].map(
      (name) => `status.plan.failedTaskDetail.${name}`,
    ),
  ),
  oneOf("status.plan.phase", ["Active", "Complete", "Failed"]),
  field("status.plan.tasks[0].status", ["Pending", "Complete", "Failed"], ["", "Running"]),
  field("status.plan.tasks[0].params", [ABSENT, "text", 1, [], { a: {} }]),
  dateTime("status.plan.tasks[0].submittedAt"),
  field("status.plan.tasks[0].failedRun", [ABSENT, 0, 7], ["7"]),
  oneOf("status.plan.targetPhase", nodePhases),
  oneOf("status.plan.failedPhase", nodePhases),
];

export const statusCases: readonly StatusCases[] = [
  {
    draft: fullNode(),
    full: {
      status: {
        observedGeneration: 1,
        observedRetry: "1",
        observedApplyConfig: "1",
        phase: "Running",
        currentImage: "seid:v1",
        currentSidecarImage: "sidecar:v1",
        conditions,
        phaseTransitionTime: time,
        plan,
        resolvedPeers: ["id@host:26656"],
        resolvedRPCWitnesses: ["host:26657"],
        statefulSet: { name: "a", uid: "b" },
        applied: {
          config: { keys: { "mempool.size": "0123456789abcdef" }, seid: "b/0" },
          pod: { revision: "a-1", fields: { podLabels: "0123456789abcdef" } },
        },
      },
    },
    fields: [
      ...conditionFields,
      ...planFields,
      ...required("status.statefulSet.name", "status.statefulSet.uid"),
      ...required("status.applied.config.keys", "status.applied.pod.revision", "status.applied.pod.fields"),
      oneOf("status.phase", nodePhases),
      dateTime("status.phaseTransitionTime"),
    ],
  },
  {
    draft: deployment(),
    full: {
      status: {
        observedGeneration: 1,
        templateHash: "4e366067369340d3",
        phase: "Upgrading",
        replicas: 1,
        readyReplicas: 1,
        nodes: [{ name: "a-0", phase: "Running" }],
        plan,
        genesisHash: "a",
        genesisS3URI: "s3://a/b",
        incumbentNodes: ["a-0"],
        rollout: {
          targetHash: "dc12475e36fd485f",
          startedAt: time,
          strategy: "BlueGreen",
          nodes: [{ name: "a-0", ready: true, phase: "Running", wave: 0 }],
          incumbentNodes: ["a-0"],
          entrantNodes: ["a-g2-0"],
          incumbentRevision: "1",
          entrantRevision: "2",
        },
        networkingStatus: {
          routes: [{ hostname: "a-rpc.example.org", protocol: "rpc" }],
          p2pEndpoints: [{ ordinal: 0, seiNodeName: "a-0", hostname: "a-0-p2p.example.org:26656" }],
        },
        internalService: {
          name: "a-internal",
          namespace: "sei",
          ports: { rpc: 26657, evmHttp: 8545, rest: 1317 },
        },
        perPodServices: [{ name: "a-0", namespace: "sei", ports: { evmHttp: 8545, evmWs: 8546 } }],
        endpoints: {
          tendermintRpc: "http://a-internal.sei.svc:26657",
          tendermintRest: "http://a-internal.sei.svc:1317",
          nodes: [{ name: "a-0", evmJsonRpc: "http://a-0.sei.svc:8545", evmWs: "ws://a-0.sei.svc:8546" }],
        },
        conditions,
      },
    },
    fields: [
      ...conditionFields,
      ...planFields,
      ...required(
        "status.nodes[0].name",
        "status.rollout.targetHash",
        "status.rollout.startedAt",
        "status.networkingStatus.routes[0].hostname",
        ...["ordinal", "seiNodeName", "hostname"].map(
          (name) => `status.networkingStatus.p2pEndpoints[0].${name}`,
        ),
        ...["name", "namespace", "ports", "ports.rpc", "ports.evmHttp", "ports.rest"].map(
          (name) => `status.internalService.${name}`,
        ),
        ...["name", "namespace", "ports", "ports.evmHttp", "ports.evmWs"].map(
          (name) => `status.perPodServices[0].${name}`,
        ),
        "status.endpoints.nodes[0].name",
      ),
      oneOf("status.phase", [
        "Pending",
        "Initializing",
        "Ready",
        "Upgrading",
        "Paused",
        "Degraded",
        "Failed",
        "Terminating",
      ]),
      field("status.nodes[0].phase", [ABSENT, ...nodePhases], ["Ready"]),
      field("status.nodes[1]", [{ name: "a-1" }], [{ name: "a-0" }]),
      dateTime("status.rollout.startedAt"),
      // As the Go operator stored them: the later one without a strategy.
      field("status.rollout", [{ targetHash: "a", startedAt: time }]),
      field("status.rollout.nodes[0].name", [], [ABSENT]),
      field("status.rollout.nodes[0].wave", [ABSENT, 0, 3], [-1, "1"]),
      field("status.rollout.nodes[0].phase", [ABSENT, ...nodePhases], ["Ready"]),
      field("status.rollout.nodes[1]", [{ name: "a-1" }], [{ name: "a-0" }]),
      field("status.rollout.strategy", [ABSENT, "InPlace", "BlueGreen", "HardFork"], ["", "Unheard"]),
      field(
        "status.networkingStatus.p2pEndpoints[1]",
        [{ ordinal: 1, seiNodeName: "a-1", hostname: "b" }],
        [{ ordinal: 0, seiNodeName: "a-1", hostname: "b" }],
      ),
      field(
        "status.perPodServices[1]",
        [{ name: "a-1", namespace: "sei", ports: { evmHttp: 1, evmWs: 2 } }],
        [{ name: "a-0", namespace: "sei", ports: { evmHttp: 1, evmWs: 2 } }],
      ),
      field("status.endpoints.nodes[0].name", ["x"], [""]),
      field("status.endpoints.nodes[1]", [{ name: "a-1" }], [{ name: "a-0" }]),
    ],
  },
  {
    draft: task("RestartSeid"),
    full: {
      status: {
        observedGeneration: 1,
        phase: "Complete",
        task: {
          id: "a",
          status: "Complete",
          params: { any: [1, { thing: null }] },
          err: "no",
          submittedAt: time,
          executionStartedAt: time,
        },
        outputs: {
          govSoftwareUpgrade: { txHash: "AB", height: 1, proposalId: 1 },
          govVote: { txHash: "AB", height: 1 },
          awaitCondition: { observedValue: 1 },
          updateNodeImage: { appliedImage: "seid:v1" },
          awaitNodesAtHeight: { currentHeight: 1 },
        },
        phaseTransitionTime: time,
        startedAt: time,
        targetFirstObservedAt: time,
        conditions,
      },
    },
    fields: [
      ...conditionFields,
      ...required("status.task.id", "status.task.status"),
      oneOf("status.phase", ["Pending", "Running", "Complete", "Failed"]),
      field("status.task.status", ["Pending", "Complete", "Failed"], ["Running"]),
      ...[
        "task.submittedAt",
        "task.executionStartedAt",
        "phaseTransitionTime",
        "startedAt",
        "targetFirstObservedAt",
      ].map((name) => dateTime(`status.${name}`)),
    ],
  },
];
