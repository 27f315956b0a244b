/** The bearer token for sidecar calls: a projected service account token, which the kubelet rewrites before it expires. */
import { readFile } from "node:fs/promises";
import type { Clock } from "#clock";
import { SidecarError } from "./contract.ts";

export const IN_CLUSTER_TOKEN_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token";
export const TOKEN_FILE_VARIABLE = "SEI_SIDECAR_TOKEN_FILE";

const MAX_AGE_MS = 60_000;

export interface TokenSource {
  /** Rejects with a SidecarError of class `unauthorized` when the file is missing, unreadable or empty. */
  get(): Promise<string>;
  /** The server refused `token`: the next get reads the file. Ignored when a newer token was read meanwhile. */
  refused(token: string): void;
}

export function createTokenSource(clock: Clock, file: string): TokenSource {
  let cached: { readonly token: string; readonly readAt: number } | undefined;
  let reading: Promise<string> | undefined;

  return {
    get() {
      if (cached !== undefined && clock.monotonic() - cached.readAt < MAX_AGE_MS)
        return Promise.resolve(cached.token);
      // One read at a time, however many workers ask.
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    refused(token) {
      if (cached?.token === token) cached = undefined;
    },
  };

  async function read(): Promise<string> {
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (cause) {
      throw unusable("cannot be read", cause);
    }
    const token = text.trim();
    if (token === "") throw unusable("is empty");
    cached = { token, readAt: clock.monotonic() };
    return token;
  }

  function unusable(what: string, cause?: unknown): SidecarError {
    return new SidecarError(
      `no token for sidecar calls: ${file} ${what}; mount a service account token there or set ${TOKEN_FILE_VARIABLE}`,
      { class: "unauthorized", cause },
    );
  }
}
