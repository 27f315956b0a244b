import { tryEveryWrite } from "./suite.ts";
import { deletion } from "./workloads.ts";

tryEveryWrite({ workload: deletion, every: 4, file: import.meta.filename });
