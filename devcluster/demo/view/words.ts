/** How images and plans are said in a few words. Pure. */
import type { TaskPlan } from "#api";
import type { DeepReadonly } from "#kube";

/** Without registry and path: `sei:v6.3.0`. */
export function shortImage(image: string): string {
  const name = image.slice(image.lastIndexOf("/") + 1);
  return name.replace(/(@sha256:[0-9a-f]{8})[0-9a-f]+$/, "$1");
}

/** `5/7 replace-pod`; empty without a plan that goes on or failed. */
export function planInWords(plan: DeepReadonly<TaskPlan> | undefined): string {
  if (plan === undefined || plan.phase === "Complete") return "";
  const total = plan.tasks.length;
  const index = plan.failedTaskIndex ?? plan.tasks.findIndex(({ status }) => status !== "Complete");
  const task = plan.tasks[index];
  if (task === undefined) return `${total}/${total}`;
  return `${index + 1}/${total} ${task.type}${plan.phase === "Failed" ? " failed" : ""}`;
}

/** `sei:v6.3.0`, or `sei:v6.3.0 → v6.4.0` while the wanted image is another one. */
export function imageInWords(current: string, wanted: string): string {
  if (current === wanted || wanted === "") return shortImage(current);
  if (current === "") return `→ ${shortImage(wanted)}`;
  const [from, to] = [shortImage(current), shortImage(wanted)];
  const name = to.slice(0, to.indexOf(":") + 1);
  return name !== "" && from.startsWith(name) ? `${from} → ${to.slice(name.length)}` : `${from} → ${to}`;
}
