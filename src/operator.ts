/** Puts the rooms together: from flags, settings and a cluster to a manager that runs. Starts nothing itself. */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Clock, Random } from "#clock";
import {
  type ClusterConfig,
  createCachedClient,
  createController,
  createElector,
  createEventRecorder,
  createFence,
  createManager,
  createMetricsAuthorizer,
  createMetricsEndpoint,
  createOpenFence,
  createProbeEndpoint,
  createRestClient,
  ELECTION_TIMINGS,
  type Fence,
  type HttpEndpoint,
  httpRoutes,
  type Logger,
  type Manager,
  OptionalKind,
  type RestClient,
  type Runnable,
} from "#kube";
import { createSidecarFactory } from "#sidecar";
import { createTelemetry, type Telemetry } from "#telemetry";
import { cachesByClient, createCaches } from "./caches.ts";
import { createControllers } from "./controllers.ts";
import type { Flags } from "./flags.ts";
import { createHostLookup } from "./seinodedeployment/index.ts";
import type { Settings } from "./settings.ts";

/** Of the Go operator: whichever of the two runs, the other waits. */
export const LEASE_NAME = "bc1f5b0a.sei.io";

export interface OperatorOptions {
  readonly flags: Flags;
  readonly settings: Settings;
  readonly cluster: ClusterConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Rejects when the certificate of the metrics endpoint cannot be read. */
export async function createOperator(options: OperatorOptions): Promise<Manager> {
  const { flags, settings, cluster, env, clock, random, log } = options;
  const telemetry = createTelemetry(clock, log.child({ logger: "watchdog" }));
  const fence = flags.leaderElect ? createFence(clock, ELECTION_TIMINGS.renewDeadlineMs) : createOpenFence();
  const observer = telemetry.runtime.requests;
  const rest = createRestClient(cluster, { clock, random, gate: fence, observer });
  // Without the gate: the lease opens it, and metrics are served by followers too. Nothing else may use this one.
  const ungated = createRestClient(cluster, { clock, random, observer });
  const gatewayApi = new OptionalKind(rest, httpRoutes, clock);
  const caches = createCaches(rest, { clock, random, log }, gatewayApi);
  const read = cachesByClient(caches);
  const client = createCachedClient(rest, read.others);
  const sidecars = createSidecarFactory({ clock, env, gate: fence });
  const services: Runnable[] = [{ name: "stall watchdog", start: telemetry.watchdog }];

  const controllers = createControllers({
    client,
    groupClient: createCachedClient(rest, read.groups),
    gatewayApi,
    lookup: createHostLookup(clock),
    caches,
    settings,
    clock,
    random,
    log,
    sidecars,
    telemetry,
    createRecorder(component) {
      const eventLog = log.child({ logger: "events" });
      const recorder = createEventRecorder({ client: rest, component, clock, random, log: eventLog });
      services.push({ name: `event recorder ${component}`, start: (signal) => recorder.run(signal) });
      return recorder;
    },
    createController: (name, reconcile) =>
      createController({
        name,
        reconcile,
        clock,
        random,
        log,
        metrics: telemetry.runtime.forController(name),
        queue: { metrics: telemetry.runtime.forQueue(name) },
      }),
  });

  const endpoints: HttpEndpoint[] = [];
  const manager: Manager = createManager({
    clock,
    log: log.child({ logger: "manager" }),
    fence,
    ...(flags.leaderElect ? { elector: electorFor(options, ungated, fence, telemetry) } : {}),
    endpoints,
    caches: Object.values(caches),
    controllers,
    services,
  });
  const serverLog = log.child({ logger: "server" });
  if (flags.healthProbeBindAddress !== undefined) {
    const bind = flags.healthProbeBindAddress;
    endpoints.push(createProbeEndpoint({ bind, notReady: () => manager.notReady(), log: serverLog }));
  }
  if (flags.metricsBindAddress !== undefined) {
    endpoints.push(
      await createMetricsEndpoint({
        bind: flags.metricsBindAddress,
        render: telemetry.render,
        contentType: telemetry.contentType,
        log: serverLog,
        ...(flags.metricsSecure
          ? {
              secure: {
                authorize: createMetricsAuthorizer(ungated, clock),
                certificate: () => readCertificate(flags),
              },
            }
          : {}),
      }),
    );
  }
  return manager;
}

function electorFor(options: OperatorOptions, client: RestClient, fence: Fence, telemetry: Telemetry) {
  const { clock, random, log, env } = options;
  telemetry.runtime.leading(LEASE_NAME, false);
  // Names the container that this process is the only living one of. Unset outside of a pod, where nobody promises that.
  const uid = env.POD_UID?.trim() ?? "";
  const slot = uid === "" ? undefined : `${hostname()}_${uid}_`;
  return createElector({
    client,
    fence,
    clock,
    random,
    log: log.child({ logger: "leader-election" }),
    lease: { namespace: leaseNamespace(options), name: LEASE_NAME },
    identity: `${slot ?? `${hostname()}_`}${random.uuid()}`,
    ...(slot !== undefined && { slot }),
    onLeading: (leading) => telemetry.runtime.leading(LEASE_NAME, leading),
  });
}

/**
 * The flag; in a pod its own namespace; with a kubeconfig $POD_NAMESPACE, else the namespace of its context (`default`
 * if that names none). The Go operator knows only the pod's.
 */
function leaseNamespace({ flags, cluster, env }: OperatorOptions): string {
  if (flags.leaderElectionNamespace !== "") return flags.leaderElectionNamespace;
  const fromEnv = cluster.source === "in-cluster" ? "" : (env.POD_NAMESPACE?.trim() ?? "");
  return fromEnv === "" ? cluster.namespace : fromEnv;
}

async function readCertificate(flags: Flags): Promise<{ cert: string; key: string }> {
  const [cert, key] = await Promise.all([
    readFile(join(flags.metricsCertPath, flags.metricsCertName), "utf8"),
    readFile(join(flags.metricsCertPath, flags.metricsCertKey), "utf8"),
  ]);
  return { cert, key };
}
