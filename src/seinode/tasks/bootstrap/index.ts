/** The tasks around the bootstrap Job (spec/seinode.md 5.7). What newcomers get wrong: an end is never read from the cache. */
export { awaitBootstrapComplete } from "./await-complete.ts";
export { deployBootstrapJob } from "./deploy-job.ts";
export { deployBootstrapService } from "./deploy-service.ts";
export { teardownBootstrap } from "./teardown.ts";
export { tendBootstrapJob } from "./tend-job.ts";
