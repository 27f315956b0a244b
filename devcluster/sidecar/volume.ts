import { createHash } from "node:crypto";
import { NodeFiles } from "./files.ts";

/** One row of the sidecar's task table. Times are RFC 3339 with milliseconds. */
export interface TaskRow {
  id: string;
  type: string;
  params?: Readonly<Record<string, unknown>>;
  status: "running" | "completed" | "failed";
  run: number;
  result?: unknown;
  error?: string;
  submittedAt: string;
  completedAt?: string;
}

/**
 * What lives on a SeiNode's data volume and therefore survives containers and pods: task rows, files, chain data and
 * the node key (spec/sidecar.md section 10). The ready flag is not here: it lives and dies with the process.
 */
export class Volume {
  readonly id: string;
  /** In submission order; a re-run moves its row to the end. */
  readonly rows = new Map<string, TaskRow>();
  files = new NodeFiles();
  /** Height of the chain data on disk while seid is not running. */
  height = 0;
  /** Base64 of seed and public key, as in `node_key.json`. Absent until an identity was generated. */
  nodeKey: string | undefined;
  /** The image at whose upgrade height this chain data stands. That image can go no further; any other one can. */
  haltedImage: string | undefined;
  /** While true every use of the task database fails. */
  databaseBroken = false;
  #generation = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** Like CometBFT's load-or-generate: an existing key is kept. The key is a function of the volume, so runs replay. */
  ensureNodeKey(): void {
    if (this.nodeKey !== undefined) return;
    const seed = createHash("sha256").update(`seed ${this.id} ${this.#generation}`).digest();
    const publicKey = createHash("sha256").update(seed).digest();
    this.nodeKey = Buffer.concat([seed, publicKey]).toString("base64");
  }

  /** The disk is lost and an empty one is in its place: everything but the claim's identity is gone. */
  wipe(): void {
    this.rows.clear();
    this.files = new NodeFiles();
    this.height = 0;
    this.nodeKey = undefined;
    this.haltedImage = undefined;
    this.databaseBroken = false;
    this.#generation += 1;
  }
}

/** Lower-case hex of the first 20 bytes of SHA-256 of the public key; undefined when the key is not 64 bytes. */
export function nodeIdOf(nodeKey: string): string | undefined {
  const bytes = Buffer.from(nodeKey, "base64");
  if (bytes.length !== 64) return undefined;
  return createHash("sha256").update(bytes.subarray(32)).digest("hex").slice(0, 40);
}
