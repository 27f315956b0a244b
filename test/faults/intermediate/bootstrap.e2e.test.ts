import { tryEveryWrite } from "./suite.ts";
import { bootstrap } from "./workloads.ts";

tryEveryWrite({ workload: bootstrap, every: 29, file: import.meta.filename });
