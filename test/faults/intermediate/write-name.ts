/**
 * A name for a write that is the same in every run: what it changes, never when or under which uid. `patch seinodes/status` says
 * nothing, so a status write is named after its difference to the status before: phase, tasks, conditions.
 */
import { isJsonObject, type JsonObject } from "#kube";
import type { ApiRequest, SidecarRequest } from "../../harness/faults/index.ts";

/** `before`: the status of the SeiNode as the last write's answer showed it. */
export function nameApiWrite(request: ApiRequest, before: unknown): string {
  const { verb, resource } = request;
  const body = parse(request.body);
  if (resource === "events") return `${verb} events ${eventName(body)}`.trimEnd();
  if (resource === "seinodes/status") return `status ${changes(before, body.status).join(", ")}`;
  if (verb === "create") return `create ${resource} ${metadataOf(body).name ?? ""}`.trimEnd();
  if (verb === "patch" && request.query.has("fieldManager") && isApply(request)) {
    return `apply ${resource} ${request.name}`;
  }
  if (resource === "seinodes" && "finalizers" in metadataOf(body)) {
    const { finalizers } = metadataOf(body);
    return Array.isArray(finalizers) && finalizers.length > 0 ? "add finalizer" : "remove finalizer";
  }
  return `${verb} ${resource} ${request.name}`.trimEnd();
}

/** Undefined: it submits nothing. */
export function nameSidecarWrite(request: SidecarRequest): string | undefined {
  if (request.method !== "POST" || !/^\/v0\/tasks\/?$/.test(request.path)) return undefined;
  return `POST ${parse(request.body).type}`;
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
    if (field === "phase") return [`phase ${value}`];
    // It goes with the phase and says nothing of its own.
    if (field === "phaseTransitionTime") return [];
    return [value === null ? `no ${field}` : field];
  });
  // What goes along with progress depends on what a pod happened to show at that moment.
  return told.length > 0 ? told.sort() : conditionChanges(old.conditions, conditions);
}

function conditionChanges(before: unknown, after: unknown): string[] {
  const old = new Map(listOf(before).map((condition) => [condition.type, condition]));
  return listOf(after).flatMap(({ type, status, reason, message }) => {
    const was = old.get(type);
    if (was?.status === status && was?.reason === reason) return was?.message === message ? [] : [`${type}~`];
    return [`${type}=${status}/${reason}`];
  });
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
