/** The SeiNode of one ordinal as the group wants it (spec/seinodedeployment.md 4.1, 4.3). Pure; never awaits. */
import { Labels, type SeiNode, type SeiNodeSpec, seiNodeDeployments, seiNodes } from "#api";
import { apiVersionOf, controllerReference, type DeepReadonly, type Manifest, sameJson } from "#kube";
import type { Settings } from "../../settings.ts";
import { childName } from "../children.ts";
import type { ImageSpec } from "../images.ts";
import { p2pAddress } from "../networking/index.ts";
import type { Group } from "../pass.ts";

export type ChildManifest = Manifest & { spec: SeiNodeSpec };

export interface ChildOptions {
  /** The node as it is. What is never changed after creation is taken from it. */
  readonly existing?: DeepReadonly<SeiNode>;
  /** What it is to run. */
  readonly images: ImageSpec;
  /** Instead of the template's peers. */
  readonly peers?: SeiNodeSpec["peers"];
}

/**
 * Names every field that the group owns, because server-side apply takes away what is no longer named. `spec.paused` is not
 * among them: it is set on its own, whatever else is held back.
 */
export function renderChild(
  group: Group,
  ordinal: number,
  settings: Settings,
  options: ChildOptions,
): ChildManifest {
  const { template } = group.spec;
  const { existing, images } = options;
  const name = childName(group, ordinal);
  const annotations = { ...template.metadata?.annotations };
  const { namespace = "" } = group.metadata;
  return {
    apiVersion: apiVersionOf(seiNodes),
    kind: seiNodes.kind,
    metadata: {
      name,
      namespace,
      labels: {
        ...template.metadata?.labels,
        [Labels.nodeDeployment]: group.metadata.name,
        [Labels.nodeDeploymentOrdinal]: String(ordinal),
        [Labels.revision]: revisionOf(group),
        [Labels.chain]: template.spec.chainId,
      },
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ownerReferences: [controllerReference(seiNodeDeployments, group)],
    },
    spec: renderSpec(group, ordinal, settings, { ...options, images: keptImages(existing, images) }),
  };
}

function renderSpec(group: Group, ordinal: number, settings: Settings, options: ChildOptions): SeiNodeSpec {
  const { template } = group.spec;
  const { existing, images } = options;
  const externalAddress = p2pAddress(group, ordinal, settings);
  const peers = options.peers ?? peersOf(group, existing);
  const spec: DeepReadonly<Partial<SeiNodeSpec>> = {
    ...(existing === undefined ? newBorn(group, ordinal) : lasting(existing.spec)),
    image: images.image,
    ...(images.sidecar !== undefined && { sidecar: images.sidecar }),
    podLabels: {
      ...template.metadata?.labels,
      ...template.spec.podLabels,
      [Labels.nodeDeployment]: group.metadata.name,
      [Labels.revision]: revisionOf(group),
    },
    ...(peers !== undefined && peers.length > 0 && { peers }),
    ...(externalAddress !== undefined && { externalAddress }),
  };
  // A copy: what becomes of the node must never reach the template.
  return structuredClone(spec) as SeiNodeSpec;
}

/** What follows the template, and `paused`, left out. */
function lasting(spec: DeepReadonly<SeiNodeSpec>): DeepReadonly<Partial<SeiNodeSpec>> {
  const {
    image: _image,
    sidecar: _sidecar,
    podLabels: _podLabels,
    peers: _peers,
    externalAddress: _externalAddress,
    paused: _paused,
    ...rest
  } = spec;
  return rest;
}

function newBorn(group: Group, ordinal: number): DeepReadonly<Partial<SeiNodeSpec>> {
  const { genesis, template } = group.spec;
  const spec = lasting(template.spec);
  if (genesis === undefined || template.spec.validator === undefined) return spec;
  const { chainId, stakingAmount = "", accountBalance = "" } = genesis;
  const genesisCeremony = { chainId, stakingAmount, accountBalance, index: ordinal };
  return {
    ...spec,
    chainId: template.spec.chainId || chainId,
    validator: { ...template.spec.validator, genesisCeremony },
  };
}

/** The sidecar is replaced as a whole when its image or port differs; its resources alone are not looked at (4.3). */
function keptImages(existing: DeepReadonly<SeiNode> | undefined, wanted: ImageSpec): ImageSpec {
  const sidecar = existing?.spec.sidecar;
  const same =
    sidecar !== undefined &&
    wanted.sidecar !== undefined &&
    sidecar.image === wanted.sidecar.image &&
    sidecar.port === wanted.sidecar.port;
  return same ? { ...wanted, sidecar } : wanted;
}

/** The peers that a ceremony gave its nodes stay, unless the template names some (QUIRK 15). */
function peersOf(
  group: Group,
  existing: DeepReadonly<SeiNode> | undefined,
): DeepReadonly<SeiNodeSpec["peers"]> {
  const { genesis, template } = group.spec;
  const fromCeremony = genesis !== undefined && sameJson(template.spec.peers, undefined);
  return fromCeremony && existing !== undefined ? existing.spec.peers : template.spec.peers;
}

function revisionOf(group: Group): string {
  return String(group.metadata.generation ?? 0);
}
