/** Which task types a sidecar version registers, and what each does to the simulated node. */
import { configApply, configPatch, configReload, configValidate } from "./config.ts";
import type { SidecarVersion, TaskHandler } from "./context.ts";
import {
  assembleAndUploadGenesis,
  configureGenesis,
  generateGentx,
  generateIdentity,
  setGenesisPeers,
  uploadGenesisArtifacts,
} from "./genesis.ts";
import { govParamChange, govSoftwareUpgrade, govVote } from "./governance.ts";
import { configureStateSync, discoverPeers } from "./peers.ts";
import { awaitCondition, markNotReady, markReady, restartSeid, stopSeid } from "./process.ts";
import { resetData, resultExport, snapshotRestore, snapshotUpload, snapshotUploadOnce } from "./snapshots.ts";

const common: Readonly<Record<string, TaskHandler>> = {
  "snapshot-restore": snapshotRestore,
  "configure-genesis": configureGenesis,
  "config-apply": configApply,
  "config-patch": configPatch,
  "config-validate": configValidate,
  "config-reload": configReload,
  "set-genesis-peers": setGenesisPeers,
  "configure-state-sync": configureStateSync,
  "generate-identity": generateIdentity,
  "generate-gentx": generateGentx,
  "upload-genesis-artifacts": uploadGenesisArtifacts,
  "assemble-and-upload-genesis": assembleAndUploadGenesis,
  "mark-ready": markReady,
  "await-condition": awaitCondition,
  "restart-seid": restartSeid,
  "snapshot-upload": snapshotUpload,
  "result-export": resultExport,
  "gov-vote": govVote,
  "gov-software-upgrade": govSoftwareUpgrade,
};

const registries: Readonly<Record<SidecarVersion, ReadonlyMap<string, TaskHandler>>> = {
  "v0.0.56": new Map(Object.entries({ ...common, "discover-peers": discoverPeers })),
  new: new Map(
    Object.entries({
      ...common,
      "mark-not-ready": markNotReady,
      "stop-seid": stopSeid,
      "reset-data": resetData,
      "snapshot-upload-once": snapshotUploadOnce,
      "gov-param-change": govParamChange,
      "evm-logical-digest": () => ({ digest: "0".repeat(64) }),
    }),
  ),
};

export function handlersOf(version: SidecarVersion): ReadonlyMap<string, TaskHandler> {
  return registries[version];
}
