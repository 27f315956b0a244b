/** A group and a world for the unit tests of this room. */
import {
  type SeiNodeDeployment,
  type SeiNodeDeploymentSpec,
  type SeiNodeDeploymentStatus,
  seiNodeDeployments,
} from "#api";
import { ManualClock } from "#clock";
import {
  type Client,
  type Condition,
  controllerReference,
  findCondition,
  type HTTPRoute,
  type KubeObject,
  type Manifest,
  type Service,
  setCondition,
} from "#kube";
import { FakeClient } from "../../kube/testing/fake-client.ts";
import type { Settings } from "../../settings.ts";
import type { HostAnswer } from "./host-checks.ts";
import { type NetworkingResult, reconcileNetworking } from "./reconcile.ts";
import { createNetworkingRuntime } from "./runtime.ts";

const mode = { nodepool: undefined, storageClass: undefined, storageSize: "1Gi", cpu: "1", memory: "1Gi" };

export const settings: Settings = {
  archive: mode,
  standard: mode,
  tolerationKey: undefined,
  serviceAccount: undefined,
  snapshotBucket: { name: "snapshots", region: "r" },
  genesisBucket: { name: "genesis", region: "r" },
  sidecarImage: "seictl:v1",
  kubeRbacProxyImage: "kube-rbac-proxy:v1",
  cosmosExporterImage: "sei-cosmos-exporter:v1",
  gateway: { name: "sei-gateway", namespace: "gateway", domain: "prod.sei.io", publicDomain: undefined },
  p2pEndpointDomain: "p2p.sei.io",
  nlbTargetType: "ip",
};

export const withPublicDomain: Settings = {
  ...settings,
  gateway: { ...settings.gateway, publicDomain: "public.sei.io" },
};
export const withoutP2pDomain: Settings = { ...settings, p2pEndpointDomain: undefined };

export type Mode = "fullNode" | "archive" | "validator" | "replayer";

export function templateOf(kind: Mode): SeiNodeDeploymentSpec["template"]["spec"] {
  const node = { chainId: "pacific-1", image: "sei:v1" };
  if (kind === "replayer") return { ...node, replayer: { snapshot: { s3: { targetHeight: 1 } } } };
  return { ...node, [kind]: {} };
}

/** `rpc` in `sei`, three full nodes, private. */
export function testGroup(
  spec: Partial<SeiNodeDeploymentSpec> = {},
  metadata: Partial<SeiNodeDeployment["metadata"]> = {},
): SeiNodeDeployment {
  return {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNodeDeployment",
    metadata: {
      name: "rpc",
      namespace: "sei",
      uid: "group-uid",
      resourceVersion: "1",
      generation: 1,
      ...metadata,
    },
    spec: {
      replicas: 3,
      template: { spec: templateOf("fullNode") },
      updateStrategy: { type: "InPlace" },
      ...spec,
    },
  };
}

/** A manifest as the server would hold it. */
export function stored(manifest: Manifest, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  return {
    ...manifest,
    metadata: {
      uid: `uid-of-${manifest.metadata.name}`,
      resourceVersion: "7",
      ...manifest.metadata,
      ...metadata,
    },
  };
}

/** A Service of somebody else. */
export function otherService(name: string, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "sei", uid: `other-${name}`, resourceVersion: "3", ...metadata },
    spec: { selector: { app: "other" }, ports: [{ port: 80 }] },
  };
  return service;
}

export function otherRoute(name: string, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  const route: HTTPRoute = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name, namespace: "sei", uid: `other-${name}`, resourceVersion: "3", ...metadata },
    spec: { hostnames: ["other.example.org"] },
  };
  return route;
}

export const ownedBy = (group: SeiNodeDeployment) => [controllerReference(seiNodeDeployments, group)];

export interface Said {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** Passes over one group, on a fake API server and a resolver that says what the test wants. */
export class NetworkingWorld {
  readonly fake = new FakeClient();
  /** Of the runtimes to come. */
  client: Client = this.fake.client;
  readonly clock = new ManualClock();
  readonly events: Said[] = [];
  readonly lookups: string[] = [];
  readonly gatewayApi = { installed: true };
  answer: HostAnswer = "resolves";
  group: SeiNodeDeployment;
  #settings: Settings;
  #runtime: ReturnType<NetworkingWorld["createRuntime"]>;

  constructor(group: SeiNodeDeployment, given: Settings = settings) {
    this.group = group;
    this.#settings = given;
    this.#runtime = this.createRuntime();
  }

  createRuntime() {
    return createNetworkingRuntime({
      client: this.client,
      settings: this.#settings,
      clock: this.clock,
      gatewayApi: this.gatewayApi,
      recorder: {
        event: (_about, type, reason, message) => void this.events.push({ type, reason, message }),
      },
      lookup: async (host) => {
        this.lookups.push(host);
        return this.answer;
      },
    });
  }

  /** The process is another one, under other settings if so. */
  restart(given: Settings = this.#settings): void {
    this.#settings = given;
    this.#runtime = this.createRuntime();
  }

  edit(spec: Partial<SeiNodeDeploymentSpec>): void {
    const generation = (this.group.metadata.generation ?? 0) + 1;
    const { networking, ...rest } = { ...this.group.spec, ...spec };
    this.group = {
      ...this.group,
      metadata: { ...this.group.metadata, generation },
      spec: networking === undefined ? rest : { ...rest, networking },
    };
  }

  /** One pass; its status is what the next one starts from, and its events are said. */
  async pass(): Promise<NetworkingResult> {
    const status: SeiNodeDeploymentStatus & { conditions: Condition[] } = {
      ...structuredClone(this.group.status ?? {}),
      conditions: structuredClone(this.group.status?.conditions ?? []),
    };
    const afterFlush: (() => void)[] = [];
    const result = await reconcileNetworking(this.#runtime, this.group, status, {
      signal: new AbortController().signal,
      setCondition: (update) =>
        setCondition(status.conditions, update, { generation: 1, time: "2026-01-01T00:00:00Z" }),
      afterFlush,
    });
    this.group = { ...this.group, status };
    for (const say of afterFlush) say();
    return result;
  }

  /** `True/HTTPRoutesPublished` */
  get ready(): string {
    const condition = findCondition(this.group.status?.conditions, "NetworkingReady");
    return condition === undefined ? "none" : `${condition.status}/${condition.reason}`;
  }

  get message(): string {
    return findCondition(this.group.status?.conditions, "NetworkingReady")?.message ?? "";
  }

  /** `apply Service rpc-internal` */
  writes(): string[] {
    return this.fake.writes.map(({ verb, kind, name }) => `${verb} ${kind} ${name}`);
  }

  /** Those since the last call. */
  newWrites(): string[] {
    const all = this.writes();
    this.fake.writes.length = 0;
    return all;
  }

  async services(): Promise<string[]> {
    return this.#names("Service");
  }

  async routes(): Promise<string[]> {
    return this.#names("HTTPRoute");
  }

  async #names(kind: string): Promise<string[]> {
    const resource = { group: "", version: "v1", kind, plural: "", namespaced: true };
    return (await this.fake.client.live.list(resource)).map(({ metadata }) => metadata.name).sort();
  }
}
