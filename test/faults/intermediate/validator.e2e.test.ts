import { tryEveryWrite } from "./suite.ts";
import { validator } from "./workloads.ts";

tryEveryWrite({ workloads: [validator], every: 13, file: import.meta.filename });
