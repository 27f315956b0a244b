/** A live client pointed at a scripted server, both closed at the end of the test. */
import type { TestContext } from "node:test";
import { ManualClock, type Random } from "#clock";
import type { ClusterConfig } from "../cluster-config-types.ts";
import type { FinishedRequest, RestClient, RestClientOptions } from "../rest-api.ts";
import { createRestClient } from "../rest-client.ts";
import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

export interface RestFixture {
  readonly server: ScriptedServer;
  readonly client: RestClient;
  readonly clock: ManualClock;
  /** What the observer was told. */
  readonly finished: FinishedRequest[];
}

export const fixedRandom: Random = { next: () => 0, uuid: () => "00000000-0000-4000-8000-000000000000" };

export function plainConfig(server: string): ClusterConfig {
  return { server, namespace: "default", source: "test", tls: { insecureSkipVerify: false }, auth: {} };
}

export async function startRestFixture(
  test: TestContext,
  overrides: Partial<RestClientOptions> & { config?: Partial<ClusterConfig> } = {},
): Promise<RestFixture> {
  const { config, ...options } = overrides;
  const server = await startScriptedServer();
  const clock = new ManualClock();
  const finished: FinishedRequest[] = [];
  const client = createRestClient(
    { ...plainConfig(server.url), ...config },
    { clock, random: fixedRandom, observer: (request) => finished.push(request), ...options },
  );
  test.after(async () => {
    // The server first: a stalled call would otherwise keep the client's close waiting for a deadline that never comes.
    await server.close();
    await client.close();
  });
  return { server, client, clock, finished };
}
