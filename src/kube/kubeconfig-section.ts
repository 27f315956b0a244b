/** Typed access to one mapping of a kubeconfig, with errors that name the file, the entry and the field. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ClusterConfigError, type PemSource } from "./cluster-config-types.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

export class Section {
  readonly file: string;
  readonly #value: JsonObject;
  readonly #what: string;

  constructor(value: JsonObject, file: string, what: string) {
    this.#value = value;
    this.file = file;
    this.#what = what;
  }

  error(message: string, cause?: unknown): ClusterConfigError {
    return new ClusterConfigError(`kubeconfig ${this.file}, ${this.#what}: ${message}`, { cause });
  }

  has(field: string): boolean {
    const value = this.#value[field];
    return value !== undefined && value !== null && value !== "";
  }

  /** Undefined when absent or empty: kubeconfigs do not tell the two apart. */
  text(field: string): string | undefined {
    if (!this.has(field)) return undefined;
    const value = this.#value[field];
    if (typeof value !== "string") throw this.error(`${field} is not a string (quote it)`);
    return value;
  }

  flag(field: string): boolean {
    const value = this.#value[field] ?? false;
    if (typeof value !== "boolean") throw this.error(`${field} is neither true nor false`);
    return value;
  }

  texts(field: string): string[] {
    const value = this.#value[field] ?? [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
      throw this.error(`${field} is not a list of strings`);
    }
    return value;
  }

  list(field: string): Section[] {
    const value = this.#value[field] ?? [];
    if (!Array.isArray(value) || !value.every(isJsonObject))
      throw this.error(`${field} is not a list of mappings`);
    return value.map((item) => new Section(item, this.file, field));
  }

  /** An empty section when the field is absent. */
  section(field: string, what: string): Section {
    const value = this.#value[field] ?? {};
    if (!isJsonObject(value)) throw this.error(`${field} is not a mapping`);
    return new Section(value, this.file, what);
  }

  raw(field: string): unknown {
    return this.#value[field];
  }

  names(): string[] {
    return Object.keys(this.#value);
  }

  /** A path in a kubeconfig is relative to the file it stands in, wherever the process runs. */
  path(field: string): string | undefined {
    const text = this.text(field);
    return text === undefined ? undefined : resolve(dirname(this.file), text);
  }

  /** `<field>-data` (base64) over `<field>` (a file, which must be readable now and is read again later). */
  async pem(field: string): Promise<PemSource | undefined> {
    const encoded = this.text(`${field}-data`);
    if (encoded !== undefined) {
      const data = Buffer.from(encoded, "base64").toString("utf8");
      if (!data.includes("-----BEGIN")) throw this.error(`${field}-data is not base64 of a PEM text`);
      return { data };
    }
    const file = this.path(field);
    if (file === undefined) return undefined;
    await this.readPem({ file });
    return { file };
  }

  async readPem(source: PemSource): Promise<string> {
    if ("data" in source) return source.data;
    return this.readText(source.file);
  }

  async readText(file: string): Promise<string> {
    try {
      return await readFile(file, "utf8");
    } catch (cause) {
      throw this.error(`cannot read ${file}`, cause);
    }
  }
}
