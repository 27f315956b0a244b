import { rollout } from "./groups.ts";
import { tryEveryWrite } from "./suite.ts";

tryEveryWrite({ workloads: [rollout], every: 59, file: import.meta.filename });
