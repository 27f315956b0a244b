import { tryEveryWrite } from "./suite.ts";
import { deletion } from "./workloads.ts";

tryEveryWrite({ workloads: [deletion], every: 4, file: import.meta.filename });
