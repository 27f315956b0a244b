import { tryEveryWrite } from "./suite.ts";
import { fullNode } from "./workloads.ts";

tryEveryWrite({ workloads: [fullNode], every: 9, file: import.meta.filename });
