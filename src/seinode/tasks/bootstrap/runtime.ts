import type { SeiNodeRuntime } from "../../deps.ts";

/** What the bootstrap tasks need of the runtime. */
export type BootstrapRuntime = Pick<SeiNodeRuntime, "client" | "settings">;

/** Those that also speak to the sidecar of its pod. */
export type BootstrapSidecarRuntime = BootstrapRuntime & Pick<SeiNodeRuntime, "sidecars" | "probes">;
