import { GROUP, VERSION } from "./constants/group.ts";
import type { ApiResource } from "./object.ts";
import type { SeiNode, SeiNodeDeployment, SeiNodeTask } from "./types.ts";

const ours = { group: GROUP, version: VERSION, namespaced: true } as const;

export const seiNodes: ApiResource<SeiNode> = { ...ours, kind: "SeiNode", plural: "seinodes" };
export const seiNodeDeployments: ApiResource<SeiNodeDeployment> = {
  ...ours,
  kind: "SeiNodeDeployment",
  plural: "seinodedeployments",
};
export const seiNodeTasks: ApiResource<SeiNodeTask> = {
  ...ours,
  kind: "SeiNodeTask",
  plural: "seinodetasks",
};
