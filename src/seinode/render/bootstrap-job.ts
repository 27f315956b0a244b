import type { IContainer, IPodSpec } from "kubernetes-models/v1";
import { Annotations, type SeiNode } from "#api";
import type { DeepReadonly, Job, Manifest } from "#kube";
import type { Settings } from "../../settings.ts";
import { assertNoKeys } from "./bootstrap-guard.ts";
import { bootstrapJobName, bootstrapLabels } from "./bootstrap-names.ts";
import { bootstrapSeidContainer } from "./containers/bootstrap-seid.ts";
import { rbacProxyContainer } from "./containers/rbac-proxy.ts";
import { seidInitContainer } from "./containers/seid-init.ts";
import { sidecarContainer } from "./containers/sidecar.ts";
import { RenderError } from "./errors.ts";
import { childMetadata } from "./manifest.ts";
import { claimName, dataDir, rbacProxyConfigName, volumeNames } from "./names.ts";
import { seidImage } from "./platform.ts";
import { scheduling } from "./scheduling.ts";
import { snapshotOf } from "./snapshot.ts";

export type JobManifest = Manifest & { spec: NonNullable<Job["spec"]> };

/** An hour for people to read its log. Its removal is the plan's business and does not wait for that. */
const KEEP_FINISHED_SECONDS = 3600;
/** seid writes its state on SIGTERM. */
const GRACE_SECONDS = 120;

/**
 * The Job that replays from the snapshot to the target height with the older image, on the node's own volume. Its pod has
 * the host name of the node's pod, so the sidecar has the same URL in both. `planId` says which plan made it. Created
 * once, never changed. Throws a RenderError, also when the snapshot has no target height.
 */
export function renderBootstrapJob(
  node: DeepReadonly<SeiNode>,
  settings: Settings,
  planId?: string,
): JobManifest {
  const labels = bootstrapLabels(node);
  const metadata = childMetadata(node, bootstrapJobName(node.metadata.name));
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      ...metadata,
      labels,
      ...(planId !== undefined && { annotations: { [Annotations.plan]: planId } }),
    },
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: KEEP_FINISHED_SECONDS,
      template: {
        metadata: { labels: { ...labels }, annotations: { [Annotations.karpenterDoNotDisrupt]: "true" } },
        spec: podSpec(node, settings),
      },
    },
  };
}

function podSpec(node: DeepReadonly<SeiNode>, settings: Settings): IPodSpec {
  const snapshot = snapshotOf(node);
  const height = snapshot?.s3?.targetHeight ?? 0;
  if (height <= 0) {
    throw new RenderError(
      "no bootstrap Job can be rendered without snapshot.s3.targetHeight: the height it stops at",
    );
  }
  const image = snapshot?.bootstrapImage || seidImage(node);
  const { name } = node.metadata;
  const { serviceAccount } = settings;
  const pod: IPodSpec = {
    hostname: `${name}-0`,
    subdomain: name,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: GRACE_SECONDS,
    automountServiceAccountToken: true,
    ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
    shareProcessNamespace: true,
    ...scheduling(node, settings),
    volumes: [
      { name: volumeNames.data, persistentVolumeClaim: { claimName: claimName(node) } },
      { name: volumeNames.rbacProxyConfig, configMap: { name: rbacProxyConfigName(name) } },
    ],
    initContainers: [
      withoutSecurity(seidInitContainer(node, image)),
      bootstrapSidecar(node, settings),
      bootstrapProxy(node, settings),
    ],
    containers: [bootstrapSeidContainer(node, settings, image, height)],
  };
  assertNoKeys(pod, node);
  return pod;
}

/** It writes to the data volume alone and signs nothing: whatever names a key is left out. */
function bootstrapSidecar(node: DeepReadonly<SeiNode>, settings: Settings): IContainer {
  const { ports: _ports, ...sidecar } = withoutSecurity(sidecarContainer(node, settings));
  return {
    ...sidecar,
    env: (sidecar.env ?? []).filter(({ name }) => !name.startsWith("SEI_KEYRING_")),
    volumeMounts: [{ name: volumeNames.data, mountPath: dataDir }],
  };
}

/** Nobody probes it, so no path needs to go unasked. */
function bootstrapProxy(node: DeepReadonly<SeiNode>, settings: Settings): IContainer {
  const {
    startupProbe: _startup,
    livenessProbe: _liveness,
    readinessProbe: _readiness,
    ...proxy
  } = withoutSecurity(rbacProxyContainer(node, settings));
  return { ...proxy, args: (proxy.args ?? []).filter((arg) => !arg.startsWith("--ignore-paths=")) };
}

/** The old images expect to run as whom they were built for. */
function withoutSecurity(container: IContainer): IContainer {
  const { securityContext: _security, ...rest } = container;
  return rest;
}
