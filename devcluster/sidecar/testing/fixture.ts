import { ManualClock, type Random } from "#clock";
import { Bucket } from "../bucket.ts";
import { Changes } from "../changes.ts";
import type { Network, SidecarVersion } from "../handlers/context.ts";
import { TaskJournal } from "../journal.ts";
import { ScriptBook } from "../scripts.ts";
import { defaultSeidSettings, Seid, type SeidSettings } from "../seid.ts";
import { SidecarProcess } from "../sidecar-process.ts";
import { type TaskRow, Volume } from "../volume.ts";

export const requiredVariables: Readonly<Record<string, string>> = {
  SEI_CHAIN_ID: "sei-test",
  SEI_GENESIS_BUCKET: "genesis",
  SEI_GENESIS_REGION: "us-east-2",
  SEI_SNAPSHOT_BUCKET: "snapshots",
  SEI_SNAPSHOT_REGION: "us-east-2",
  SEI_SIDECAR_AUTHN_MODE: "trusted-header",
};

/** A UUID that ends in this number. */
export function id(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
}

/** One node's disk, with a sidecar and a seid on it that can be started, stopped and replaced. */
export class Fixture {
  readonly clock = new ManualClock();
  readonly volume: Volume;
  readonly journal = new TaskJournal();
  readonly scripts = new ScriptBook();
  readonly bucket: Bucket;
  readonly changes = new Changes();
  readonly settings: SeidSettings = { ...defaultSeidSettings };
  readonly hosts = new Map<string, ReturnType<Network["status"]>>();
  readonly exits: number[] = [];
  version: SidecarVersion = "v0.0.56";
  variables = requiredVariables;
  seid: Seid | undefined;
  #ids = 0;

  constructor(name = "test", bucket = new Bucket()) {
    this.volume = new Volume(name);
    this.bucket = bucket;
  }

  startSidecar(): SidecarProcess {
    const random: Random = { next: () => 0.5, uuid: () => id(1_000_000 + this.#ids++) };
    return new SidecarProcess({
      environment: {
        clock: this.clock,
        version: this.version,
        volume: this.volume,
        variables: this.variables,
        node: "default/test",
        seid: () => this.seid,
        seidSettings: this.settings,
        changes: this.changes,
        bucket: this.bucket,
        network: { status: (host) => this.hosts.get(host) ?? "external" },
        restartLimits: { graceMs: 90_000, upMs: 300_000 },
      },
      random,
      scripts: this.scripts,
      journal: this.journal,
      onReadyChange: () => this.changes.emit(),
      onExit: (code) => this.exits.push(code),
    });
  }

  /** A seid container, replacing the one before. */
  startSeid(
    options: { image?: string; haltHeight?: number; behaviour?: "run" | "halt" | "crash" } = {},
  ): Seid {
    const { image = "sei:v1", haltHeight, behaviour = "run" } = options;
    this.seid = new Seid({
      clock: this.clock,
      settings: this.settings,
      volume: this.volume,
      image,
      ...(haltHeight === undefined ? {} : { haltHeight }),
      imageBehaviour: () => behaviour,
      onChange: () => this.changes.emit(),
      onExit: (code) => this.exits.push(code),
    });
    return this.seid;
  }

  /** Lets everything that is due now happen. */
  settle(): Promise<void> {
    return this.clock.advance(0);
  }

  /** The row as stored. */
  row(taskId: string): TaskRow | undefined {
    return this.volume.rows.get(taskId);
  }

  /** Runs one task to its end. */
  async run(sidecar: SidecarProcess, type: string, params?: object): Promise<TaskRow | undefined> {
    const answer = sidecar.engine.submit({ type, ...(params === undefined ? {} : { params }) });
    await this.settle();
    return "id" in answer ? this.row(answer.id) : undefined;
  }
}
