/** What came of looking at the Secrets of one key source. A message never holds any part of a Secret's data. */
export interface KeyVerdict {
  /** `notReady`: it may still come or be cured by waiting. `invalid`: somebody has to correct the Secret. */
  readonly state: "valid" | "notReady" | "invalid";
  /** The same while nothing changes. */
  readonly message: string;
}

export const valid = (message: string): KeyVerdict => ({ state: "valid", message });
export const notReady = (message: string): KeyVerdict => ({ state: "notReady", message });
export const invalid = (message: string): KeyVerdict => ({ state: "invalid", message });
