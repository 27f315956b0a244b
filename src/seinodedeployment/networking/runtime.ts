/** What the networking of groups is given, and what it remembers between passes. All of it may be lost at any moment. */
import { FieldOwners, type SeiNodeDeployment } from "#api";
import type { Clock } from "#clock";
import {
  Applier,
  type Client,
  type ConditionUpdate,
  type DeepReadonly,
  type EventRecorder,
  formatKey,
  keyOf,
  type ObjectKey,
} from "#kube";
import type { Settings } from "../../settings.ts";
import { HostChecks, type HostLookup } from "./host-checks.ts";

export interface NetworkingDeps {
  /** Its caches hold the Services and HTTPRoutes of groups: those with our label. */
  readonly client: Client;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  /** Whether the cluster has HTTPRoutes. */
  readonly gatewayApi: { readonly installed: boolean };
  readonly lookup: HostLookup;
}

export interface NetworkingRuntime extends NetworkingDeps {
  readonly hosts: HostChecks;
  readonly appliersOf: (group: DeepReadonly<SeiNodeDeployment>) => Appliers;
  /** Nothing in memory outlives its group. */
  readonly forget: (key: ObjectKey) => void;
}

interface Appliers {
  readonly shared: Applier;
  /** A field manager of its own, as the Go operator has it. */
  readonly p2p: Applier;
}

/** The part of a pass that networking takes part in. */
export interface NetworkingPass {
  readonly signal: AbortSignal;
  /** Sets a condition of the status that is being worked out. */
  readonly setCondition: (update: ConditionUpdate) => void;
  /** Run once the status is written: nobody hears of what was not. */
  readonly afterFlush: (() => void)[];
}

export function createNetworkingRuntime(deps: NetworkingDeps): NetworkingRuntime {
  const appliers = new Map<string, Appliers>();
  const hosts = new HostChecks(deps.lookup, deps.clock);
  return {
    ...deps,
    hosts,
    appliersOf(group) {
      const key = formatKey(keyOf(group));
      const known = appliers.get(key);
      if (known !== undefined) return known;
      // The Go operator always applied these, so there are no fields of a PUT to take over.
      const made = {
        shared: new Applier(deps.client, FieldOwners.seiNodeDeployment, []),
        p2p: new Applier(deps.client, FieldOwners.p2pEndpoint, []),
      };
      appliers.set(key, made);
      return made;
    },
    forget(key) {
      appliers.delete(formatKey(key));
      hosts.forget(formatKey(key));
    },
  };
}
