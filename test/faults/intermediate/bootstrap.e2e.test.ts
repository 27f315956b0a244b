import { tryEveryWrite } from "./suite.ts";
import { bootstrap } from "./workloads.ts";

tryEveryWrite({ workloads: [bootstrap], every: 29, file: import.meta.filename });
