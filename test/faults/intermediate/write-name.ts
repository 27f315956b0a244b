/**
 * A name for a write that is the same in every run: what it changes, never when or under which uid. `patch seinodes/status` says
 * nothing, so a status write is named after its difference to the status before: phase, tasks, conditions.
 */
import { isJsonObject, type JsonObject } from "#kube";
import type { ApiRequest, SidecarRequest } from "../../harness/faults/index.ts";
import { NODE, subject } from "./names.ts";

/** `before`: the status of the object as the last write's answer showed it. Starts with its name, unless that is `node`. */
export function nameApiWrite(request: ApiRequest, before: unknown): string {
  const { verb, resource } = request;
  const body = parse(request.body);
  if (resource === "events") {
    const about = String(objectOf(body.involvedObject).name ?? NODE);
    return `${subject(about)}${verb} events ${eventName(body)}`.trimEnd();
  }
  const status = /^seinode\w*\/status$/.test(resource);
  if (status) return `${subject(request.name)}status ${changes(before, body.status).join(", ")}`;
  if (verb === "create") return `create ${resource} ${metadataOf(body).name ?? ""}`.trimEnd();
  if (verb === "patch" && request.query.has("fieldManager") && isApply(request)) {
    return `apply ${resource} ${request.name}`;
  }
  if (/^seinode\w*$/.test(resource) && "finalizers" in metadataOf(body)) {
    const { finalizers } = metadataOf(body);
    const what = Array.isArray(finalizers) && finalizers.length > 0 ? "add finalizer" : "remove finalizer";
    return `${subject(request.name)}${what}`;
  }
  return `${verb} ${resource} ${request.name}`.trimEnd();
}

/** Undefined: it submits nothing. */
export function nameSidecarWrite(request: SidecarRequest): string | undefined {
  if (request.method !== "POST" || !/^\/v0\/tasks\/?$/.test(request.path)) return undefined;
  return `${subject(request.node)}POST ${parse(request.body).type}`;
}

/**
 * Whether a write may be missing in a run that goes right: of several steps that each may have a write of its own, or be told
 * in one with the next. The first of a kind never is.
 */
export function mayBeMissing(name: string): boolean {
  const repeated =
    /(?:status (?:progress|(?:\w+~(?:, )?)+)|(?:configure-genesis|set-genesis-peers)\b.*) #\d+$/;
  return repeated.test(name) || / retry \d/.test(name);
}

function isApply(request: ApiRequest): boolean {
  return /apply-patch/.test(request.headers["content-type"] ?? "");
}

function eventName(body: JsonObject): string {
  const { reason, message } = body;
  if (typeof reason !== "string") return "";
  // The reason alone says too little of the phases a node goes through.
  return /^phase/.test(String(message)) ? `${reason} ${message}` : reason;
}

function changes(before: unknown, patch: unknown): string[] {
  const old = objectOf(before);
  const { conditions, ...rest } = objectOf(patch);
  const told = Object.entries(rest).flatMap(([field, value]) => {
    if (field === "plan") return planChanges(old.plan, value);
    if (field === "task") return executionChanges(old.task, value);
    if (field === "rollout") return rolloutChanges(old.rollout, value);
    if (AGGREGATES.has(field)) return ["progress"];
    if (field === "phase") return [`phase ${value}`];
    // It goes with the phase and says nothing of its own.
    if (field === "phaseTransitionTime") return [];
    return [value === null ? `no ${field}` : field];
  });
  // What goes along with progress depends on what a pod happened to show at that moment.
  if (told.length === 0) return conditionChanges(old.conditions, conditions);
  const steps = told.filter((what) => what !== "progress");
  return steps.length > 0 ? steps.sort() : ["progress"];
}

function conditionChanges(before: unknown, after: unknown): string[] {
  const old = new Map(listOf(before).map((condition) => [condition.type, condition]));
  return listOf(after).flatMap(({ type, status, reason, message }) => {
    const was = old.get(type);
    if (was?.status === status && was?.reason === reason) return was?.message === message ? [] : [`${type}~`];
    return [`${type}=${status}/${reason}`];
  });
}

/** What a group tells of its nodes. How many writes that takes depends on which of them come together. */
const AGGREGATES: ReadonlySet<string> = new Set([
  "nodes",
  "incumbentNodes",
  "readyReplicas",
  "endpoints",
  "perPodServices",
]);

function rolloutChanges(before: unknown, after: unknown): string[] {
  if (after === null) return ["no rollout"];
  if (before === undefined) return ["rollout"];
  const waves = (rollout: unknown) => listOf(objectOf(rollout).nodes).map(({ wave }) => wave);
  const [old, now] = [waves(before), waves(after)];
  return now.length > 0 && JSON.stringify(old) !== JSON.stringify(now) ? ["waves"] : ["progress"];
}

/** Of a SeiNodeTask. */
function executionChanges(before: unknown, after: unknown): string[] {
  const fields = Object.keys(objectOf(after)).sort();
  const told = fields.map((field) => (field === "status" ? String(objectOf(after).status) : field));
  return [`${before === undefined ? "execution" : "execution's"} ${told.join(" and ")}`];
}

function planChanges(before: unknown, after: unknown): string[] {
  if (after === null) return ["no plan"];
  const [old, plan] = [objectOf(before), objectOf(after)];
  // A merge patch of a plan that stays carries its tasks, of a new one its id too.
  if (typeof plan.id === "string") return [`plan of ${listOf(plan.tasks).length} tasks`];
  const known = new Map(listOf(old.tasks).map((task) => [task.id, task]));
  const tasks = listOf(plan.tasks).flatMap((task) => {
    const was = objectOf(known.get(task.id));
    const told = [
      ...(task.submittedAt !== was.submittedAt ? ["submitted"] : []),
      ...(task.status !== was.status ? [String(task.status).toLowerCase()] : []),
      ...(task.retryCount !== was.retryCount ? [`retry ${task.retryCount}`] : []),
    ];
    return told.length === 0 ? [] : [`${task.type} ${told.join(" and ")}`];
  });
  return typeof plan.phase === "string" ? [...tasks, `plan ${plan.phase}`] : tasks;
}

function metadataOf(body: JsonObject): JsonObject {
  return objectOf(body.metadata);
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function parse(body: string): JsonObject {
  return body === "" ? {} : objectOf(JSON.parse(body));
}
