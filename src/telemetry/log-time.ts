/** The values of `--zap-time-encoding`. */
export const TIME_ENCODINGS = ["epoch", "millis", "nano", "iso8601", "rfc3339", "rfc3339nano"] as const;
export type TimeEncoding = (typeof TIME_ENCODINGS)[number];

/** `ts` of a log line. Milliseconds are all the precision there is. */
export function formatLogTime(epochMs: number, encoding: TimeEncoding): string | number {
  const iso = new Date(epochMs).toISOString();
  switch (encoding) {
    case "epoch":
      return epochMs / 1000;
    case "millis":
      return epochMs;
    case "nano":
      return epochMs * 1e6;
    case "iso8601":
    case "rfc3339nano":
      return iso;
    case "rfc3339":
      return `${iso.slice(0, 19)}Z`;
  }
}
