/**
 * The operator's platform settings: what the SEI_* environment says, validated once (spec/seinode.md 7.10).
 *
 * Every variable has to be set, so that nothing is rendered from a default nobody chose; those for scheduling and
 * storage can be set to `none` (design D28). All problems are reported at once, each with its remedy.
 */

import * as check from "./settings/checks.ts";
import { EnvReader, type SettingsProblem } from "./settings/env-reader.ts";

export type { SettingsProblem } from "./settings/env-reader.ts";

/** `undefined` where the setting is `none` or empty: then nothing is rendered for it (design D28). */
type OrNone = string | undefined;

export interface ModeSettings {
  readonly nodepool: OrNone;
  readonly storageClass: OrNone;
  /** Quantity. */
  readonly storageSize: string;
  /** Quantity, request of the seid container. */
  readonly cpu: string;
  /** Quantity, request of the seid container. */
  readonly memory: string;
}

export interface Bucket {
  readonly name: string;
  readonly region: string;
}

export interface Settings {
  /** Archive nodes. */
  readonly archive: ModeSettings;
  /** Full nodes, validators and replayers. */
  readonly standard: ModeSettings;
  readonly tolerationKey: OrNone;
  readonly serviceAccount: OrNone;
  readonly snapshotBucket: Bucket;
  readonly genesisBucket: Bucket;
  readonly sidecarImage: string;
  readonly kubeRbacProxyImage: string;
  readonly cosmosExporterImage: string;
  readonly gateway: {
    readonly name: string;
    readonly namespace: string;
    readonly domain: string;
    readonly publicDomain: OrNone;
  };
  readonly p2pEndpointDomain: OrNone;
  readonly nlbTargetType: "ip" | "instance";
}

/** What `loadSettings` throws: the message lists every problem, one per line. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly SettingsProblem[];

  constructor(problems: readonly SettingsProblem[]) {
    const lines = problems.map(({ variable, problem, remedy }) => `${variable}: ${problem}; ${remedy}`);
    super(lines.join("\n"));
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings, frozen. Throws a SettingsError that names every variable that is missing or wrong. */
export function loadSettings(env: Environment): Settings {
  const read = new EnvReader(env);
  const settings: Settings = {
    archive: readMode(read, "ARCHIVE", "SEI_NODEPOOL_ARCHIVE", "SEI_STORAGE_CLASS_ARCHIVE"),
    standard: readMode(read, "DEFAULT", "SEI_NODEPOOL_NAME", "SEI_STORAGE_CLASS_PERF"),
    tolerationKey: read.orNone("SEI_TOLERATION_KEY", check.qualifiedName),
    serviceAccount: read.orNone("SEI_SERVICE_ACCOUNT", check.dnsSubdomain),
    snapshotBucket: readBucket(read, "SEI_SNAPSHOT"),
    genesisBucket: readBucket(read, "SEI_GENESIS"),
    sidecarImage: read.required("SEI_SIDECAR_IMAGE", check.image),
    kubeRbacProxyImage: read.required("SEI_KUBE_RBAC_PROXY_IMAGE", check.image),
    cosmosExporterImage: read.required("SEI_COSMOS_EXPORTER_IMAGE", check.image),
    gateway: {
      name: read.required("SEI_GATEWAY_NAME", check.dnsSubdomain),
      namespace: read.required("SEI_GATEWAY_NAMESPACE", check.dnsLabel),
      domain: read.required("SEI_GATEWAY_DOMAIN", check.dnsSubdomain),
      publicDomain: read.optional("SEI_GATEWAY_PUBLIC_DOMAIN", check.dnsSubdomain),
    },
    p2pEndpointDomain: read.optional("SEI_P2P_ENDPOINT_DOMAIN", check.dnsSubdomain),
    nlbTargetType:
      read.optional("SEI_NLB_TARGET_TYPE", check.nlbTargetType) === "instance" ? "instance" : "ip",
  };
  // Required by the reference and used by nothing: checked, so that one manifest fits both operators.
  read.orNone("SEI_STORAGE_CLASS_DEFAULT", check.dnsSubdomain);
  for (const part of ["BUCKET", "REGION", "PREFIX"]) read.orNone(`SEI_RESULT_EXPORT_${part}`, check.oneWord);
  if (read.problems.length > 0) throw new SettingsError(read.problems);
  return freeze(settings);
}

/** Variables that are set and have no effect here, in words for the log. */
export function settingsWarnings(env: Environment): readonly string[] {
  if ((env.OTEL_EXPORTER_OTLP_ENDPOINT ?? "").trim() === "") return [];
  return [
    "OTEL_EXPORTER_OTLP_ENDPOINT is set, but pushing metrics by OTLP is not supported; scrape /metrics instead",
  ];
}

function readMode(read: EnvReader, suffix: string, nodepool: string, storageClass: string): ModeSettings {
  return {
    nodepool: read.orNone(nodepool, check.labelValue),
    storageClass: read.orNone(storageClass, check.dnsSubdomain),
    storageSize: read.required(`SEI_STORAGE_SIZE_${suffix}`, check.positiveQuantity),
    cpu: read.required(`SEI_RESOURCE_CPU_${suffix}`, check.positiveQuantity),
    memory: read.required(`SEI_RESOURCE_MEM_${suffix}`, check.positiveQuantity),
  };
}

function readBucket(read: EnvReader, prefix: string): Bucket {
  return {
    name: read.required(`${prefix}_BUCKET`, check.oneWord),
    region: read.required(`${prefix}_REGION`, check.oneWord),
  };
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) freeze(part);
  return Object.freeze(value);
}
