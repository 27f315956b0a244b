import { Roles, type SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { ModeError } from "./errors.ts";

/** In order of precedence, for objects stored before the CRD demanded exactly one. */
export const modes = ["fullNode", "archive", "replayer", "validator"] as const;
export type Mode = (typeof modes)[number];

/** Value of the label `sei.io/role`. One to one with the mode. */
export type Role = (typeof Roles)[Mode];

/** The mode as sei-config and the sidecar know it. */
export type ConfigMode = "full" | "archive" | "validator";

const configModes: Readonly<Record<Mode, ConfigMode>> = {
  fullNode: "full",
  archive: "archive",
  replayer: "full",
  validator: "validator",
};

/** Throws a ModeError when the spec is missing or names no mode. */
export function modeOf(node: DeepReadonly<SeiNode>): Mode {
  // The CRD demands neither `spec` (at the root nothing is required) nor, for objects older than its rules, a mode.
  const spec: DeepReadonly<SeiNode>["spec"] | undefined = node.spec;
  const mode = modes.find((candidate) => spec?.[candidate] != null);
  if (mode === undefined) {
    throw new ModeError(`spec has no mode: set exactly one of ${modes.join(", ")}`);
  }
  return mode;
}

export function roleOf(node: DeepReadonly<SeiNode>): Role {
  return Roles[modeOf(node)];
}

export function configModeOf(node: DeepReadonly<SeiNode>): ConfigMode {
  return configModes[modeOf(node)];
}

/** `undefined` for a role this build does not know. */
export function modeOfRole(role: string | undefined): Mode | undefined {
  return modes.find((mode) => Roles[mode] === role);
}
