import { tryEveryWrite } from "./suite.ts";
import { govSoftwareUpgrade, govVote, restartSeid, updateNodeImage } from "./tasks.ts";

const workloads = [restartSeid, govVote, govSoftwareUpgrade, updateNodeImage];
tryEveryWrite({ workloads, every: 40, file: import.meta.filename });
