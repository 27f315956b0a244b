import { createHash } from "node:crypto";

/** 16 hex digits that change when the JSON value does. Tells values apart without showing them. */
export function shortHash(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(value ?? null))
    .digest("hex")
    .slice(0, 16);
}
