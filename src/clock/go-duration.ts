/** Durations as Go writes them (`1h30m`, `500ms`): what the API's duration fields hold. */

const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
/** int64 nanoseconds. */
const MAX_MS = 2 ** 63 / 1e6;

/** Milliseconds; `undefined` for what Go's ParseDuration refuses. */
export function parseGoDuration(text: string): number | undefined {
  const negative = text.startsWith("-");
  const parts = /^[+-]/.test(text) ? text.slice(1) : text;
  if (parts === "0") return 0;
  let total = 0;
  let at = 0;
  while (at < parts.length) {
    PART.lastIndex = at;
    const [whole = "", amount = "", unit = ""] = PART.exec(parts) ?? [];
    if (whole === "") return undefined;
    total += Number(amount) * (UNITS_MS[unit] ?? Number.NaN);
    at += whole.length;
  }
  if (at === 0 || total >= MAX_MS) return undefined;
  return negative ? -total : total;
}

/** Whole milliseconds as Go prints them: `10m0s`, `1h0m0s`, `1.5s`, `20ms`, `0s`. */
export function formatGoDuration(ms: number): string {
  if (ms < 0) return `-${formatGoDuration(-ms)}`;
  if (ms === 0) return "0s";
  if (ms < 1_000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = (ms % 60_000) / 1_000;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
