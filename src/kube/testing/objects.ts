/** Small objects and a silent, remembering logger for the tests of the runtime. */
import type { ObjectMeta } from "../object.ts";
import type { Logger } from "../reconcile.ts";
import type { ConfigMap } from "../resources.ts";

export function configMap(
  name: string,
  version: number | string,
  more: Partial<ObjectMeta> & { data?: Record<string, string> } = {},
): ConfigMap {
  const { data, ...metadata } = more;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "ns", uid: `uid-${name}`, resourceVersion: String(version), ...metadata },
    ...(data !== undefined && { data }),
  };
}

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly facts: Record<string, unknown>;
}

export class MemoryLog implements Logger {
  readonly lines: LogLine[];
  readonly #bound: object;

  constructor(lines: LogLine[] = [], bound: object = {}) {
    this.lines = lines;
    this.#bound = bound;
  }

  debug = (facts: object, message: string) => this.#add("debug", facts, message);
  info = (facts: object, message: string) => this.#add("info", facts, message);
  warn = (facts: object, message: string) => this.#add("warn", facts, message);
  error = (facts: object, message: string) => this.#add("error", facts, message);

  child(facts: object): MemoryLog {
    return new MemoryLog(this.lines, { ...this.#bound, ...facts });
  }

  at(level: LogLine["level"]): LogLine[] {
    return this.lines.filter((line) => line.level === level);
  }

  #add(level: LogLine["level"], facts: object, message: string): void {
    this.lines.push({ level, message, facts: { ...this.#bound, ...facts } });
  }
}
