import { rollout } from "./groups.ts";
import { tryEveryWrite } from "./suite.ts";

tryEveryWrite({ workloads: [rollout], every: 120, file: import.meta.filename });
