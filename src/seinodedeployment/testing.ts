/** Specs and objects for the unit tests of this room. Real code never imports it. */
import type { SeiNode, SeiNodeDeploymentSpec, SeiNodeSpec } from "#api";
import { devSettings } from "../../devcluster/manager/settings.ts";
import { loadSettings, type Settings } from "../settings.ts";

export const V1 = "sei:v1";
export const V2 = "sei:v2";
export const V3 = "sei:v3";
export const BAD = "sei:bad";

export const groupSettings: Settings = loadSettings(devSettings);

export interface SpecOptions extends Partial<Omit<SeiNodeDeploymentSpec, "template">> {
  readonly template?: Partial<SeiNodeSpec>;
  readonly metadata?: SeiNodeDeploymentSpec["template"]["metadata"];
}

/** Three full nodes, rolled out in place. */
export function groupSpec({ template = {}, metadata, ...rest }: SpecOptions = {}): SeiNodeDeploymentSpec {
  const mode = template.archive ?? template.replayer ?? template.validator ?? template.fullNode;
  return {
    replicas: 3,
    updateStrategy: { type: "InPlace" },
    template: {
      ...(metadata !== undefined && { metadata }),
      spec: { chainId: "pacific-1", image: V1, ...(mode === undefined && { fullNode: {} }), ...template },
    },
    ...rest,
  };
}

export function validators(options: SpecOptions = {}): SeiNodeDeploymentSpec {
  return groupSpec({ ...options, template: { validator: {}, ...options.template } });
}

/** A SeiNode that nobody controls. */
export function orphan(name: string, spec: Partial<SeiNodeSpec> = {}): SeiNode {
  return {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNode",
    metadata: { name, namespace: "sei", uid: `uid-of-${name}`, resourceVersion: "9", generation: 1 },
    spec: { chainId: "pacific-1", image: V1, fullNode: {}, ...spec },
  };
}
