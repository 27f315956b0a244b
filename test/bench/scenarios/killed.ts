/** The manager is killed in the middle of bringing up a fleet, and started again at once. */
import { systemClock } from "#clock";
import { scrape } from "../../harness/metrics.ts";
import { World } from "../../harness/world.ts";
import { untilQuiet } from "../observe/window.ts";
import type { Section } from "../report/contract.ts";
import { createFleet, doubledPosts, fleetNames, fleetTimeoutMs, RunningWatch } from "./fleet.ts";
import { Stopwatch } from "./stopwatch.ts";

const COUNT = 50;
/** The kill comes when so many are Running: all others are somewhere on their way. */
const KILLED_AT = 5;
/** As in the shipped Deployment: both processes are the manager container of one pod. */
const POD_UID = "6a3d6a58-5d0f-4f0e-9a37-0d7b2e1c9f10";

export async function killedInBringUp(): Promise<Section[]> {
  const world = await World.start({ watch: ["nodes"], env: { POD_UID } });
  try {
    await untilQuiet(world);
    const names = fleetNames(COUNT, "killed");
    const running = new RunningWatch(world, names);
    const killed = async () => {
      await running.until(KILLED_AT, fleetTimeoutMs(COUNT));
      await world.manager.kill();
      return { watch: new Stopwatch(), ranAtKill: running.at.size };
    };
    const [{ watch, ranAtKill }] = await Promise.all([killed(), createFleet(world, names)]);
    const { metricsUrl } = await world.startManager();
    const ready = watch.seconds;
    await untilLeading(metricsUrl);
    const leads = watch.seconds;
    await running.until(COUNT, fleetTimeoutMs(COUNT));
    const end = watch.seconds;
    await untilQuiet(world);
    running.stop();
    return [
      {
        title: `manager killed when ${ranAtKill} of ${COUNT} nodes were Running, and restarted`,
        figures: [
          { name: "killed -> /readyz of the next", value: ready, unit: "s" },
          { name: "killed -> the next leads", value: leads, unit: "s" },
          { name: "the next leads -> all Running", value: Math.max(0, end - leads), unit: "s" },
          {
            name: "killed -> all Running",
            value: end,
            unit: "s",
            reference: 17,
            target: { op: "<", value: 5 },
          },
          {
            name: "task ids POSTed twice",
            value: doubledPosts(world, names),
            unit: "",
            target: { op: "<=", value: 0 },
          },
        ],
        notes: [
          "A killed leader leaves its Lease behind. The next process of the same container of the same pod takes it at once; " +
            "another pod waits until it has run out (15 s).",
        ],
      },
    ];
  } finally {
    await world.stop();
  }
}

/** Coarse on purpose: a scrape is work for the process that is measured. */
const POLL_MS = 200;
const LEADS_WITHIN_MS = 60_000;

async function untilLeading(metricsUrl: string): Promise<void> {
  const deadline = systemClock.monotonic() + LEADS_WITHIN_MS;
  while ((await scrape(metricsUrl)).sum("leader_election_master_status") === 0) {
    if (systemClock.monotonic() > deadline) throw new Error("the restarted manager does not become leader");
    await systemClock.sleep(POLL_MS);
  }
}
