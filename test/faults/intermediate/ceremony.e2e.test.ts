import { ceremony } from "./groups.ts";
import { tryEveryWrite } from "./suite.ts";

tryEveryWrite({ workloads: [ceremony], every: 60, file: import.meta.filename });
