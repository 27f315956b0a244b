/** The two ways a manager has to the world, each with a relay on it. Both undisturbed until a test says otherwise. */
import { readFile } from "node:fs/promises";
import { type Disturb, type Relay, startRelay } from "./relay.ts";
import { type ApiRequest, apiRequest, type SidecarRequest, sidecarRequest } from "./requests.ts";

export { type Disturb, type Forward, RESET, type RelayAnswer } from "./relay.ts";
export { type ApiRequest, isApiWrite, type SidecarRequest } from "./requests.ts";

export class Faults {
  /** What happens to requests to the API server. */
  api: Disturb<ApiRequest> = (_, forward) => forward();
  /** What happens to requests to sidecars and seids. */
  sidecar: Disturb<SidecarRequest> = (_, forward) => forward();
  readonly #relays: Relay[] = [];
  #apiServer = "";
  #proxyUrl = "";

  static async start(
    controlPlane: { readonly server: string; readonly caFile: string },
    proxyUrl: string,
  ): Promise<Faults> {
    const faults = new Faults();
    const ca = await readFile(controlPlane.caFile, "utf8");
    const api = await startRelay({ origin: controlPlane.server, ca }, (request, forward) =>
      faults.api(apiRequest(request), forward),
    );
    faults.#relays.push(api);
    const sidecar = await startRelay({ origin: proxyUrl }, (request, forward) =>
      faults.sidecar(sidecarRequest(request), forward),
    );
    faults.#relays.push(sidecar);
    faults.#apiServer = api.url;
    faults.#proxyUrl = sidecar.url;
    return faults;
  }

  /** For the manager's kubeconfig. */
  get apiServer(): string {
    return this.#apiServer;
  }

  /** For its HTTP_PROXY. */
  get proxyUrl(): string {
    return this.#proxyUrl;
  }

  /** Nothing is disturbed any more. What is held stays held until whoever holds it lets go. */
  heal(): void {
    this.api = (_, forward) => forward();
    this.sidecar = (_, forward) => forward();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#relays.map((relay) => relay.stop()));
  }
}
