import { tryEveryWrite } from "./suite.ts";
import { govVote, restartSeid, updateNodeImage } from "./tasks.ts";

const workloads = [restartSeid, govVote, updateNodeImage];
tryEveryWrite({ workloads, every: 40, file: import.meta.filename });
