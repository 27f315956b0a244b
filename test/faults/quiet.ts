/** When a manager has nothing left to do, and when its caches have caught up. Told by its metrics and by a marked object. */
import { type SeiNode, type SeiNodeDeployment, seiNodeDeployments, seiNodes } from "#api";
import { systemClock } from "#clock";
import {
  configMaps,
  type KubeObject,
  persistentVolumeClaims,
  pods,
  type ResourceType,
  services,
  statefulSets,
} from "#kube";
import { scrape } from "../harness/metrics.ts";
import { NAMESPACE, type World } from "../harness/world.ts";
import type { CacheView } from "./cache-view.ts";

const POLL_MS = 20;
const TIMEOUT_MS = 60_000;

/**
 * Until the manager leads, has looked at `looks` keys at least and has none in its hands or queue, seen three times in a
 * row. Keys that come back after a delay do not count: nothing is known about them that is not known now.
 */
export async function untilIdle(metricsUrl: string, looks = 0): Promise<void> {
  const deadline = systemClock.monotonic() + TIMEOUT_MS;
  let seen = { total: -1, times: 0 };
  while (seen.times < 3) {
    const metrics = await scrape(metricsUrl);
    const total = metrics.sum("controller_runtime_reconcile_total");
    const busy = metrics.sum("workqueue_depth") + metrics.sum("controller_runtime_active_workers");
    const leads = metrics.sum("leader_election_master_status") === 1;
    if (!leads || busy > 0 || total < looks) seen = { total: -1, times: 0 };
    else seen = { total, times: seen.total === total ? seen.times + 1 : 1 };
    if (systemClock.monotonic() > deadline)
      throw new Error(`not idle: ${JSON.stringify({ total, busy, leads })}`);
    await systemClock.sleep(POLL_MS);
  }
}

const groups = seiNodeDeployments as ResourceType<SeiNodeDeployment> as ResourceType<KubeObject>;
let marks = 0;

/**
 * Until everything that happened before this call has passed the manager's watches and was acted on. `lighthouse`: a settled
 * node; `group`: a settled group, if there are any.
 */
export async function untilCaughtUp(
  world: World,
  view: CacheView,
  lighthouse: string,
  group?: string,
): Promise<void> {
  const mark = `caught-up-${++marks}`;
  const marked: readonly (readonly [ResourceType<KubeObject>, string])[] = [
    [seiNodes as ResourceType<SeiNode> as ResourceType<KubeObject>, lighthouse],
    [statefulSets, lighthouse],
    [pods, `${lighthouse}-0`],
    [services, lighthouse],
    [configMaps, `${lighthouse}-rbac-proxy-config`],
    [persistentVolumeClaims, `data-${lighthouse}`],
    ...(group === undefined ? [] : [[groups, group] as const]),
  ];
  const passed = view.delivered(
    mark,
    marked.map(([{ plural }]) => plural),
  );
  for (const [resource, name] of marked) {
    const patch = { metadata: { annotations: { "test/mark": mark } } };
    await world.rest.mergePatch(resource, { namespace: NAMESPACE, name }, patch);
  }
  await within(passed, `${mark} to reach every cache`);
  await untilIdle(world.manager.metricsUrl);
}

async function within(work: Promise<void>, what: string): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const cancel = systemClock.after(TIMEOUT_MS, () =>
    reject(new Error(`not within ${TIMEOUT_MS / 1000} s: ${what}`)),
  );
  try {
    await Promise.race([work, promise]);
  } finally {
    cancel();
  }
}
