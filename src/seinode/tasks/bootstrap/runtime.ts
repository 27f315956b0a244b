import type { SeiNodeRuntime } from "../../deps.ts";

/** What the bootstrap tasks need of the runtime. */
export type BootstrapRuntime = Pick<SeiNodeRuntime, "client" | "settings">;
