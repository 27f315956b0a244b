/** Values of `status.plan.tasks[].type`. They enter the task ids, so a name never changes. */
export const TaskTypes = {
  // Done by the controller, SeiNode plans.
  ensureDataPvc: "ensure-data-pvc",
  applyStatefulSet: "apply-statefulset",
  applyService: "apply-service",
  applyRbacProxyConfig: "apply-rbac-proxy-config",
  observeImage: "observe-image",
  replacePod: "replace-pod",
  validateSigningKey: "validate-signing-key",
  validateNodeKey: "validate-node-key",
  validateOperatorKeyring: "validate-operator-keyring",
  deployBootstrapService: "deploy-bootstrap-service",
  deployBootstrapJob: "deploy-bootstrap-job",
  awaitBootstrapComplete: "await-bootstrap-complete",
  teardownBootstrap: "teardown-bootstrap",

  // Done by the controller, SeiNodeDeployment plans.
  awaitNodesRunning: "await-nodes-running",
  collectAndSetPeers: "collect-and-set-peers",
  updateNodeSpecs: "update-node-specs",
  awaitSpecUpdate: "await-spec-update",
  markNodesReady: "mark-nodes-ready",
  createEntrantNodes: "create-entrant-nodes",
  awaitNodesCaughtUp: "await-nodes-caught-up",
  submitHaltSignal: "submit-halt-signal",
  awaitNodesAtHeight: "await-nodes-at-height",
  switchTraffic: "switch-traffic",
  teardownNodes: "teardown-nodes",

  // Done by the controller, SeiNodeTask only.
  updateNodeImage: "update-node-image",

  // Done by a node's sidecar.
  snapshotRestore: "snapshot-restore",
  snapshotUpload: "snapshot-upload",
  configureGenesis: "configure-genesis",
  configureStateSync: "configure-state-sync",
  configApply: "config-apply",
  configPatch: "config-patch",
  configValidate: "config-validate",
  discoverPeers: "discover-peers",
  generateIdentity: "generate-identity",
  generateGentx: "generate-gentx",
  uploadGenesisArtifacts: "upload-genesis-artifacts",
  assembleAndUploadGenesis: "assemble-and-upload-genesis",
  setGenesisPeers: "set-genesis-peers",
  awaitCondition: "await-condition",
  govVote: "gov-vote",
  govSoftwareUpgrade: "gov-software-upgrade",
  restartSeid: "restart-seid",
  markReady: "mark-ready",
} as const;

export type TaskType = (typeof TaskTypes)[keyof typeof TaskTypes];
