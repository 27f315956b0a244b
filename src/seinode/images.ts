/** Which images a node should run, which it is known to run, and the words for the difference (spec/seinode.md 4.5). */
import type { SeiNodeStatus } from "#api";
import type { DeepReadonly, Pod, StatefulSet } from "#kube";
import { hasStarted, imageOf, revisionOf, SEID_CONTAINER, SIDECAR_CONTAINER } from "./pod-state.ts";

export interface Images {
  readonly seid: string;
  readonly sidecar: string;
}

/**
 * The images the pod was made from. Its own spec says; but where an admission webhook rewrites images (a registry mirror),
 * the template does: a pod of the StatefulSet's current revision was made from what the template says now.
 */
export function podImages(
  pod: DeepReadonly<Pod>,
  statefulSet: DeepReadonly<StatefulSet> | undefined,
): Partial<Images> {
  const { status, metadata } = statefulSet ?? {};
  const observed = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const current =
    observed && status?.updateRevision !== undefined && status.updateRevision === revisionOf(pod);
  const spec = (current ? statefulSet?.spec?.template.spec : undefined) ?? pod.spec;
  const seid = imageOf(spec, SEID_CONTAINER);
  const sidecar = imageOf(spec, SIDECAR_CONTAINER);
  return { ...(seid !== undefined && { seid }), ...(sidecar !== undefined && { sidecar }) };
}

export function podHasImages(
  pod: DeepReadonly<Pod>,
  wanted: Images,
  statefulSet: DeepReadonly<StatefulSet> | undefined,
): boolean {
  const images = podImages(pod, statefulSet);
  return images.seid === wanted.seid && images.sidecar === wanted.sidecar;
}

/** D4: the pod was made from the wanted images, and both containers have shown that they started. */
export function provesImages(
  pod: DeepReadonly<Pod>,
  wanted: Images,
  statefulSet: DeepReadonly<StatefulSet> | undefined,
): boolean {
  return (
    podHasImages(pod, wanted, statefulSet) &&
    hasStarted(pod, SEID_CONTAINER) &&
    hasStarted(pod, SIDECAR_CONTAINER)
  );
}

/**
 * The message of the drift, or `undefined` when there is none. An empty current image means "not observed yet" and is
 * never drift by itself (D21): then only the pod's own seid image can show that the node runs something else.
 */
export function imageDrift(
  status: DeepReadonly<SeiNodeStatus>,
  wanted: Images,
  pod: DeepReadonly<Pod> | undefined,
  statefulSet: DeepReadonly<StatefulSet> | undefined,
): string | undefined {
  const running = pod === undefined ? {} : podImages(pod, statefulSet);
  const currentSeid = driftedFrom(wanted.seid, status.currentImage, running.seid);
  const currentSidecar =
    status.currentSidecarImage === undefined || status.currentSidecarImage === ""
      ? undefined
      : driftedFrom(wanted.sidecar, status.currentSidecarImage, running.sidecar);
  const seid = currentSeid && `spec=${wanted.seid} current=${currentSeid}`;
  const sidecar = currentSidecar && `spec=${wanted.sidecar} current=${currentSidecar}`;
  if (seid && sidecar) return `image drift detected: seid ${seid}, sidecar ${sidecar}`;
  if (seid) return `image drift detected: ${seid}`;
  return sidecar && `sidecar image drift detected: ${sidecar}`;
}

function driftedFrom(
  wanted: string,
  recorded: string | undefined,
  inPod: string | undefined,
): string | undefined {
  if (recorded !== undefined && recorded !== "" && recorded !== wanted) return recorded;
  return inPod === wanted ? undefined : inPod;
}
