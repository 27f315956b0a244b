/**
 * The command line, in the syntax of Go's flag package: one or two dashes, `-flag=value` or `-flag value`, booleans only
 * as `-flag` or `-flag=value`. Every problem is found before any is reported.
 */
import { DEFAULT_LOG_OPTIONS, type LogLevel, type LogOptions, TIME_ENCODINGS } from "#telemetry";

export interface Flags {
  /** Where /metrics is served; undefined: nowhere. */
  readonly metricsBindAddress: BindAddress | undefined;
  readonly healthProbeBindAddress: BindAddress | undefined;
  readonly leaderElect: boolean;
  /** Empty: the pod's own namespace. */
  readonly leaderElectionNamespace: string;
  readonly metricsSecure: boolean;
  readonly metricsCertPath: string;
  readonly metricsCertName: string;
  readonly metricsCertKey: string;
  readonly enableHttp2: boolean;
  /** Empty: $KUBECONFIG, the pod's service account, ~/.kube/config. */
  readonly kubeconfig: string;
  readonly log: LogOptions;
}

export interface BindAddress {
  /** Undefined: all addresses. */
  readonly host: string | undefined;
  readonly port: number;
}

export type ParsedFlags =
  | { readonly kind: "flags"; readonly flags: Flags }
  /** `-h`, `-help`: print the usage and exit 0. */
  | { readonly kind: "help"; readonly usage: string }
  /** Print them and the usage, and exit 2. */
  | { readonly kind: "problems"; readonly problems: readonly string[]; readonly usage: string };

interface FlagDefinition {
  readonly boolean: boolean;
  readonly usage: string;
  readonly fallback: string;
}

const text = (fallback: string, usage: string): FlagDefinition => ({ boolean: false, fallback, usage });
const bool = (fallback: boolean, usage: string): FlagDefinition => ({
  boolean: true,
  fallback: String(fallback),
  usage,
});

const DEFINITIONS = {
  "metrics-bind-address": text(":8080", 'Address of the metrics endpoint. "0" turns it off.'),
  "health-probe-bind-address": text(":8081", 'Address of /healthz and /readyz. "0" turns it off.'),
  "leader-elect": bool(
    true,
    "Work only while holding the lease. Without it there must never be two processes.",
  ),
  "leader-election-namespace": text(
    "",
    "Namespace of the lease. Default: the pod's own; outside a pod it has to be known.",
  ),
  "metrics-secure": bool(false, "Serve metrics over TLS, to callers that are authenticated and authorized."),
  "metrics-cert-path": text("", "Directory of the metrics server's certificate."),
  "metrics-cert-name": text("tls.crt", "File name of the certificate."),
  "metrics-cert-key": text("tls.key", "File name of the key."),
  "enable-http2": bool(false, "Accepted for compatibility; only false is supported: HTTP/1.1 is served."),
  kubeconfig: text(
    "",
    "Path of a kubeconfig. Default: $KUBECONFIG, the pod's service account, ~/.kube/config.",
  ),
  "zap-log-level": text(
    "",
    "debug, info, error, panic, or an integer above 0 (all of them debug). Default: info.",
  ),
  "zap-devel": bool(false, "Development logging: level debug, encoder console, stack traces from info on."),
  "zap-encoder": text("", "json or console. Default: json."),
  "zap-stacktrace-level": text(
    "",
    "info, error or panic: from which level on errors are logged with their stack.",
  ),
  "zap-time-encoding": text("", `${TIME_ENCODINGS.join(", ")}. Default: rfc3339.`),
} satisfies Record<string, FlagDefinition>;

type FlagName = keyof typeof DEFINITIONS;
type RawFlags = Record<FlagName, string>;

export function parseFlags(args: readonly string[]): ParsedFlags {
  const problems: string[] = [];
  const raw = scan(args, problems);
  if (raw === "help") return { kind: "help", usage: usage() };
  const flags = interpret(raw, problems);
  return problems.length > 0 ? { kind: "problems", problems, usage: usage() } : { kind: "flags", flags };
}

function scan(args: readonly string[], problems: string[]): RawFlags | "help" {
  const raw = Object.fromEntries(
    Object.entries(DEFINITIONS).map(([name, { fallback }]) => [name, fallback]),
  ) as RawFlags;
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] ?? "";
    const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(argument);
    if (match === null) {
      // Go stops reading here and silently ignores what follows: `--leader-elect false` would leave it on.
      problems.push(`unexpected argument ${JSON.stringify(argument)}; give booleans as --flag=false`);
      continue;
    }
    const [, name = "", attached] = match;
    if (name === "h" || name === "help") return "help";
    if (!isFlagName(name)) {
      problems.push(`flag provided but not defined: -${name}`);
      // Most likely its value: reporting that too would only confuse.
      if (attached === undefined && args[i + 1]?.startsWith("-") === false) i++;
      continue;
    }
    if (attached !== undefined) raw[name] = attached;
    else if (DEFINITIONS[name].boolean) raw[name] = "true";
    else if (i + 1 < args.length) raw[name] = args[++i] ?? "";
    else problems.push(`flag needs an argument: -${name}`);
  }
  return raw;
}

function interpret(raw: RawFlags, problems: string[]): Flags {
  const bad = (name: FlagName, remedy: string): void => {
    problems.push(`invalid value ${JSON.stringify(raw[name])} for flag -${name}; ${remedy}`);
  };
  const truth = (name: FlagName): boolean => {
    const value = parseBool(raw[name]);
    if (value === undefined) bad(name, "use true or false");
    return value ?? false;
  };
  const address = (name: FlagName): BindAddress | undefined => {
    if (raw[name] === "0") return undefined;
    const parsed = parseBindAddress(raw[name]);
    if (parsed === undefined) bad(name, 'use :port, host:port, or "0" to turn it off');
    return parsed;
  };
  const flags: Flags = {
    metricsBindAddress: address("metrics-bind-address"),
    healthProbeBindAddress: address("health-probe-bind-address"),
    leaderElect: truth("leader-elect"),
    leaderElectionNamespace: raw["leader-election-namespace"],
    metricsSecure: truth("metrics-secure"),
    metricsCertPath: raw["metrics-cert-path"],
    metricsCertName: raw["metrics-cert-name"],
    metricsCertKey: raw["metrics-cert-key"],
    enableHttp2: truth("enable-http2"),
    kubeconfig: raw.kubeconfig,
    log: interpretLog(raw, truth("zap-devel"), bad),
  };
  if (flags.enableHttp2) bad("enable-http2", "HTTP/2 is not served, leave it out");
  if (flags.metricsSecure && flags.metricsBindAddress !== undefined && flags.metricsCertPath === "") {
    bad("metrics-secure", "set -metrics-cert-path to the directory of a certificate: none is generated here");
  }
  const { metricsBindAddress: metrics, healthProbeBindAddress: probes } = flags;
  if (
    metrics !== undefined &&
    metrics.port !== 0 &&
    metrics.port === probes?.port &&
    metrics.host === probes.host
  ) {
    bad("health-probe-bind-address", "use another port than -metrics-bind-address");
  }
  return flags;
}

function interpretLog(
  raw: RawFlags,
  devel: boolean,
  bad: (name: FlagName, remedy: string) => void,
): LogOptions {
  const level = parseLevel(raw["zap-log-level"], devel ? "debug" : DEFAULT_LOG_OPTIONS.level);
  if (level === undefined) bad("zap-log-level", "use debug, info, error, panic or an integer above 0");
  const encoder = oneOf(
    raw["zap-encoder"],
    ["json", "console"],
    devel ? "console" : DEFAULT_LOG_OPTIONS.encoder,
  );
  if (encoder === undefined) bad("zap-encoder", "use json or console");
  const stack = oneOf(
    raw["zap-stacktrace-level"],
    ["info", "error", "panic"],
    devel ? "info" : DEFAULT_LOG_OPTIONS.stacktraceLevel,
  );
  if (stack === undefined) bad("zap-stacktrace-level", "use info, error or panic");
  const time = oneOf(raw["zap-time-encoding"], TIME_ENCODINGS, DEFAULT_LOG_OPTIONS.timeEncoding);
  if (time === undefined) bad("zap-time-encoding", `use one of ${TIME_ENCODINGS.join(", ")}`);
  return {
    level: level ?? DEFAULT_LOG_OPTIONS.level,
    encoder: encoder ?? DEFAULT_LOG_OPTIONS.encoder,
    stacktraceLevel: stack ?? DEFAULT_LOG_OPTIONS.stacktraceLevel,
    timeEncoding: time ?? DEFAULT_LOG_OPTIONS.timeEncoding,
  };
}

function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(DEFINITIONS, name);
}

/** Empty means the default; zap takes any letter case. */
function oneOf<T extends string>(value: string, allowed: readonly T[], fallback: T): T | undefined {
  return value === "" ? fallback : allowed.find((each) => each === value.toLowerCase());
}

function parseLevel(value: string, fallback: LogLevel): LogLevel | undefined {
  // zap's verbosity levels above info: this program has debug only.
  if (/^\+?\d+$/.test(value)) return Number(value) > 0 ? "debug" : undefined;
  return oneOf(value, ["debug", "info", "error", "panic"], fallback);
}

/** What Go's strconv.ParseBool takes. */
function parseBool(value: string): boolean | undefined {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(value)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(value)) return false;
  return undefined;
}

function parseBindAddress(value: string): BindAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:\s[\]]*)):(\d{1,5})$/.exec(value);
  if (match === null || Number(match[3]) > 65_535) return undefined;
  const host = match[1] ?? match[2] ?? "";
  return { host: host === "" ? undefined : host, port: Number(match[3]) };
}

function usage(): string {
  const lines = Object.entries(DEFINITIONS).map(([name, { boolean, fallback, usage: about }]) => {
    const shown = boolean || fallback !== "" ? ` (default ${fallback})` : "";
    return `  --${name}${boolean ? "" : " string"}\n        ${about}${shown}`;
  });
  return `Usage of manager:\n${lines.join("\n")}\n`;
}
