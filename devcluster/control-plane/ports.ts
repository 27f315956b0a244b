/** A loopback port for a server that cannot pick its own. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * A port that is free now. Somebody may still take it before the caller binds it, so the caller retries with another
 * one. Ports are taken from below the ranges that Linux (32768+) and macOS (49152+) give to outgoing connections:
 * there a restarted server would sooner or later find its port used by some client.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error("no free loopback port between 20000 and 32000 found in 100 tries");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
