/**
 * JSON lines in the shape zap gives them (`level`, `ts`, `logger`, `msg`, then the facts), by pino.
 *
 * Nothing sensitive is ever to be passed in. As a second line of defence an object of kind Secret is printed by name only.
 */
import { type DestinationStream, pino } from "pino";
import type { Clock } from "#clock";
import type { Logger } from "#kube";
import { formatLogTime, type TimeEncoding } from "./log-time.ts";

export type LogLevel = "debug" | "info" | "error" | "panic";

export interface LogOptions {
  readonly level: LogLevel;
  readonly encoder: "json" | "console";
  /** From which level on an error is printed with its stack. */
  readonly stacktraceLevel: "info" | "error" | "panic";
  readonly timeEncoding: TimeEncoding;
}

export const DEFAULT_LOG_OPTIONS: LogOptions = {
  level: "info",
  encoder: "json",
  stacktraceLevel: "error",
  timeEncoding: "rfc3339",
};

/** pino's numbers. `panic` prints nothing that this program logs; it exists because the flag has it. */
const SEVERITY = { debug: 20, info: 30, warn: 40, error: 50, panic: 60 } as const;
const PINO_LEVEL = { debug: "debug", info: "info", error: "error", panic: "fatal" } as const;

/** `name`: the `logger` key. Writes synchronously, so that the last line before an exit is not lost. */
export function createLogger(options: LogOptions, clock: Clock, output: DestinationStream = stderr): Logger {
  const root = pino(
    {
      base: null,
      messageKey: "msg",
      level: PINO_LEVEL[options.level],
      formatters: { level: (label) => ({ level: label === "fatal" ? "panic" : label }) },
      timestamp: () => `,"ts":${JSON.stringify(formatLogTime(clock.now(), options.timeEncoding))}`,
    },
    options.encoder === "console" ? consoleStream(output) : output,
  );
  return wrap(root, options);
}

type PinoLike = Pick<ReturnType<typeof pino>, "debug" | "info" | "warn" | "error" | "child">;

function wrap(target: PinoLike, options: LogOptions): Logger {
  const threshold = SEVERITY[options.stacktraceLevel];
  const facts = (given: object, level: "debug" | "info" | "warn" | "error"): object =>
    presentFacts(given, SEVERITY[level] >= threshold);
  return {
    debug: (given, message) => target.debug(facts(given, "debug"), message),
    info: (given, message) => target.info(facts(given, "info"), message),
    warn: (given, message) => target.warn(facts(given, "warn"), message),
    error: (given, message) => target.error(facts(given, "error"), message),
    child: (given) => wrap(target.child(presentFacts(given, false)), options),
  };
}

const MAX_DEPTH = 6;

/** A copy that JSON can print: errors as message, class and stack; Secrets by name; never a throw, never a cycle. */
function presentFacts(facts: object, withStack: boolean): object {
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => {
      // One key for errors, whichever of the two usual ones the caller chose.
      return [key === "err" && value instanceof Error ? "error" : key, present(value, withStack, 0)];
    }),
  );
}

function present(value: unknown, withStack: boolean, depth: number): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[...]";
  if (value instanceof Error) return presentError(value, withStack, depth);
  if (Array.isArray(value)) return value.map((item) => present(item, withStack, depth + 1));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Map || value instanceof Set) return present([...value], withStack, depth);
  if ("kind" in value && (value.kind === "Secret" || value.kind === "SecretList"))
    return presentSecret(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, present(item, withStack, depth + 1)]),
  );
}

function presentError(error: Error, withStack: boolean, depth: number): object {
  return {
    message: error.message,
    name: error.name,
    ...("class" in error && typeof error.class === "string" ? { class: error.class } : {}),
    ...(withStack ? { stack: error.stack } : {}),
    ...(error.cause === undefined ? {} : { cause: present(error.cause, false, depth + 1) }),
  };
}

function presentSecret(secret: object): object {
  const metadata = "metadata" in secret && typeof secret.metadata === "object" ? secret.metadata : null;
  const named = metadata as { name?: unknown; namespace?: unknown } | null;
  return { kind: "Secret", namespace: named?.namespace, name: named?.name, content: "[withheld]" };
}

// zap writes there too; stdout stays free.
const stderr: DestinationStream = {
  write(line) {
    process.stderr.write(line);
  },
};

/** For eyes: time, level, logger, message, then the facts as JSON, tab-separated as zap's console encoder does. */
function consoleStream(output: DestinationStream): DestinationStream {
  return {
    write(line) {
      const { level, ts, logger, msg, ...facts } = JSON.parse(line) as Record<string, unknown>;
      const columns = [ts, String(level).toUpperCase(), ...(logger === undefined ? [] : [logger]), msg];
      const rest = Object.keys(facts).length === 0 ? [] : [JSON.stringify(facts)];
      output.write(`${[...columns, ...rest].join("\t")}\n`);
    },
  };
}
