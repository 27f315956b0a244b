/** A file whose content rotates: read again after a minute, or when told that the old content was refused. */
import { readFile } from "node:fs/promises";
import type { Clock } from "#clock";
import { CredentialError } from "./credential.ts";

/** The kubelet replaces a token at 80 % of its life, so a minute-old one is always good (client-go uses the same). */
const periodMs = 60_000;

export class Rereader {
  readonly #file: string;
  readonly #clock: Clock;
  #content: string | undefined;
  #readAt = 0;

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  /** Trimmed. A file that can no longer be read keeps its last content: a rotation may be under way. */
  async read(): Promise<string> {
    const now = this.#clock.monotonic();
    if (this.#content !== undefined && now - this.#readAt < periodMs) return this.#content;
    try {
      const text = (await readFile(this.#file, "utf8")).trim();
      if (text === "") throw new CredentialError(`${this.#file} is empty`);
      this.#content = text;
      this.#readAt = now;
    } catch (cause) {
      if (this.#content === undefined) throw new CredentialError(`cannot read ${this.#file}`, { cause });
    }
    return this.#content;
  }

  /** Makes the next `read` go to the file. */
  expire(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }
}
