/** A healthy group gets a new image in place, on a manager that has nothing else to do. */
import type { UpdateStrategy } from "#api";
import { condition, IMAGE_V1, IMAGE_V2, NAMESPACE, World } from "../../harness/world.ts";
import { countApiRequests, countApiWrites, countSidecarRequests, isWork } from "../figures/requests.ts";
import { describeCpu } from "../observe/processes.ts";
import { untilQuiet, Window } from "../observe/window.ts";
import type { Section } from "../report/contract.ts";
import { doubledPosts, fleetNames, fleetTimeoutMs } from "./fleet.ts";
import { leftAlone } from "./idle.ts";
import { rolloutNumbers } from "./numbers.ts";
import { PodsDown } from "./pods-down.ts";
import { Stopwatch } from "./stopwatch.ts";

export interface GroupRolloutOptions {
  readonly count: number;
  /** `all`: every node in one wave. `default`: a quarter of them at a time. */
  readonly waves: "all" | "default";
  /** How long the group is left alone afterwards. 0: not at all. */
  readonly idleSeconds: number;
}

const GROUP = "group";

export async function groupRollout({ count, waves, idleSeconds }: GroupRolloutOptions): Promise<Section[]> {
  const world = await World.start({ watch: ["groups", "nodes", "pods"] });
  try {
    const inPlace: UpdateStrategy["inPlace"] = waves === "all" ? { maxUnavailable: "100%" } : undefined;
    const updateStrategy = { type: "InPlace" as const, ...(inPlace !== undefined && { inPlace }) };
    await world.createGroup(GROUP, { replicas: count, updateStrategy });
    const timeoutMs = fleetTimeoutMs(count);
    await untilOn(world, IMAGE_V1, timeoutMs);
    await untilQuiet(world);
    const names = fleetNames(count, GROUP);
    const down = new PodsDown(world, names);
    const window = await Window.open(world);
    const watch = new Stopwatch();
    const complete = watch.stopWhen(world.untilGroup(GROUP, "rolled out", isRolledOut, timeoutMs));
    const ready = watch.stopWhen(untilOn(world, IMAGE_V2, timeoutMs));
    // Without it nothing would ever come, and a time-out does not say why.
    const died = world.manager.exited.then((how) => {
      throw new Error(`the manager ended with ${how}`);
    });
    // It ends with the world, too, when nobody listens any more.
    died.catch(() => undefined);
    const patched = world.setGroupImage(GROUP, IMAGE_V2);
    const [seconds, readySeconds] = await Promise.race([Promise.all([complete, ready, patched]), died]);
    await untilQuiet(world);
    const { api, sidecar, cpu, byUser } = await window.close();
    down.stop();
    const strays = names.filter(
      (name) => world.nodes.get({ namespace: NAMESPACE, name })?.status?.currentImage !== IMAGE_V2,
    );
    if (strays.length > 0) throw new Error(`RolloutComplete, but ${strays[0]} is not on the new image`);
    const numbers = rolloutNumbers(count, waves);
    const requests = api.filter(isWork).length;
    const told = describeCpu(cpu.before, cpu.after);
    const sections: Section[] = [
      {
        title: `group of ${count}, InPlace, ${waves === "all" ? "maxUnavailable 100%" : "default maxUnavailable"}`,
        figures: [
          { name: "patched -> RolloutComplete", value: seconds, unit: "s", ...numbers.complete },
          { name: "patched -> group Ready", value: readySeconds, unit: "s" },
          { name: "most pods down at once", value: down.most, unit: "", ...numbers.down },
          { name: "API requests", value: requests, unit: "", ...numbers.requests },
          { name: "  per node", value: requests / count, unit: "" },
          { name: "  of them writes, per node", value: countApiWrites(api) / count, unit: "" },
          { name: "sidecar requests per node", value: sidecar.length / count, unit: "" },
          {
            name: "task ids POSTed twice",
            value: doubledPosts(world, names),
            unit: "",
            target: { op: "<=", value: 0 },
          },
        ],
        requests: [
          { title: "API requests", nodes: count, counts: countApiRequests(api) },
          { title: "sidecar requests", nodes: count, counts: countSidecarRequests(sidecar) },
          {
            title: "API requests of everybody (admin: simulator and observer)",
            nodes: count,
            counts: byUser,
          },
        ],
        notes: told === undefined ? [] : [told],
      },
    ];
    if (idleSeconds > 0) {
      const title = `a group of ${count} left alone for ${idleSeconds} s`;
      sections.push(await leftAlone(world, { title, count, seconds: idleSeconds }));
    }
    return sections;
  } finally {
    await world.stop();
  }
}

const isRolledOut: Parameters<World["untilGroup"]>[2] = (group) =>
  group.spec.template.spec.image === IMAGE_V2 &&
  condition(group, "RolloutInProgress")?.reason === "RolloutComplete";

function untilOn(world: World, image: string, timeoutMs: number) {
  const isReady: Parameters<World["untilGroup"]>[2] = (group) => {
    const ready = condition(group, "Ready");
    const current = ready?.observedGeneration === group.metadata.generation;
    return current && ready?.status === "True" && group.spec.template.spec.image === image;
  };
  return world.untilGroup(GROUP, `Ready on ${image}`, isReady, timeoutMs);
}
