/**
 * The condition PendingChanges: which edits of a Running node's spec are not in effect yet, and what puts them into effect
 * (design D23). Pure. It names fields and configuration keys, never a value.
 */
import { Annotations, type SeiNode, SeiNodeConditions, SeiNodeReasons, type SeiNodeStatus } from "#api";
import type { ConditionUpdate, DeepReadonly } from "#kube";
import { podFieldHashes } from "./applied-pod.ts";
import { configFieldOf, wantedConfig } from "./config-intent.ts";
import { shortHash } from "./short-hash.ts";

type Applied = DeepReadonly<NonNullable<SeiNodeStatus["applied"]>>;

export interface PendingChanges {
  /** Fields of spec whose configuration keys differ from what was written; with the keys where they are the user's. */
  readonly config: readonly string[];
  /** Keys that are on the volume and no longer in spec: editing a configuration cannot take back a value. */
  readonly removed: readonly string[];
  /** Written, but seid started before that. */
  readonly restart: boolean;
  /** Fields of spec that are rendered into the pod and differ from what the pod was made from. */
  readonly pod: readonly string[];
}

/** `seidRun`: the run of seid under way. What is not recorded is never pending. */
export function findPendingChanges(
  node: DeepReadonly<SeiNode>,
  applied: Applied,
  seidRun: string | undefined,
): PendingChanges {
  const { config, pod } = applied;
  const wanted = config === undefined ? {} : wantedConfig(node);
  const changed = Object.keys(wanted).filter((key) => config?.keys[key] !== shortHash(wanted[key]));
  const now = pod === undefined ? {} : podFieldHashes(node);
  return {
    config: namesOf(node, changed),
    removed: Object.keys(config?.keys ?? {})
      .filter((key) => !Object.hasOwn(wanted, key))
      .sort(),
    restart: config?.seid !== undefined && config.seid === seidRun,
    // A field that an older version did not record is not compared.
    pod: Object.keys(now).filter((field) => (pod?.fields[field] ?? now[field]) !== now[field]),
  };
}

export interface PendingContext {
  /** A new value of sei.io/apply-config that cannot be followed before the node is unpaused. */
  readonly waitsForUnpause: boolean;
}

export function pendingChangesCondition(
  node: DeepReadonly<SeiNode>,
  pending: PendingChanges,
  context: PendingContext,
): ConditionUpdate {
  const type = SeiNodeConditions.pendingChanges;
  const sentences = [...configSentences(pending, context), ...podSentences(node, pending)];
  if (sentences.length === 0) {
    return { type, status: "False", reason: SeiNodeReasons.nothingPending, message: "" };
  }
  return { type, status: "True", reason: reasonOf(pending), message: sentences.join("; ") };
}

function configSentences(
  { config, removed, restart }: PendingChanges,
  { waitsForUnpause }: PendingContext,
): string[] {
  const sentences: string[] = [];
  const how = waitsForUnpause
    ? `${Annotations.applyConfig} has a new value, which is followed once the node is unpaused`
    : `set the annotation ${Annotations.applyConfig} to a new value, which writes the configuration and restarts seid`;
  if (config.length > 0) sentences.push(`${config.join(", ")} changed and not in effect: ${how}`);
  if (removed.length > 0) {
    const what = `${listed(removed)} no longer set by spec, but still in the configuration`;
    sentences.push(
      `${what}: set the value wanted in spec.overrides and apply it with ${Annotations.applyConfig}`,
    );
  }
  if (restart && config.length === 0) {
    sentences.push(`the configuration was written after seid started: ${how}`);
  }
  return sentences;
}

function podSentences(node: DeepReadonly<SeiNode>, { pod }: PendingChanges): string[] {
  if (pod.length === 0) return [];
  const name = `${node.metadata.name}-0`;
  return [
    `${pod.join(", ")} changed and not in effect: comes with the next pod, so update spec.image or delete pod ${name}`,
  ];
}

function reasonOf({ config, removed, restart, pod }: PendingChanges): string {
  if (pod.length === 0) return SeiNodeReasons.configPending;
  const both = config.length > 0 || removed.length > 0 || restart;
  return both ? SeiNodeReasons.podAndConfigPending : SeiNodeReasons.podPending;
}

function namesOf(node: DeepReadonly<SeiNode>, keys: readonly string[]): string[] {
  const byField = new Map<string, string[]>();
  for (const key of [...keys].sort()) {
    const field = configFieldOf(node, key);
    byField.set(field, [...(byField.get(field) ?? []), key]);
  }
  return [...byField].map(([field, own]) => (field === "overrides" ? `overrides (${listed(own)})` : field));
}

const MAX_LISTED = 10;

function listed(keys: readonly string[]): string {
  const more = keys.length - MAX_LISTED;
  return keys.slice(0, MAX_LISTED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
