import { tryEveryWrite } from "./suite.ts";
import { imageUpdate } from "./workloads.ts";

tryEveryWrite({ workloads: [imageUpdate], every: 9, file: import.meta.filename });
