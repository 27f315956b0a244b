import { ceremony } from "./groups.ts";
import { tryEveryWrite } from "./suite.ts";

tryEveryWrite({ workloads: [ceremony], every: 120, file: import.meta.filename });
