/** The sidecar's own endpoints, as reached on its port (spec/sidecar.md section 5). */
import type { SidecarProcess } from "../sidecar-process.ts";
import { nodeIdOf } from "../volume.ts";
import { empty, json, jsonError, plain, type SimAnswer, type SimRequest } from "./message.ts";

const openPaths: ReadonlySet<string> = new Set(["/v0/healthz", "/v0/startupz", "/v0/livez", "/v0/metrics"]);

type Route = (sidecar: SidecarProcess, request: SimRequest) => SimAnswer;

const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  "/v0/healthz": { GET: health },
  "/v0/startupz": { GET: health },
  "/v0/livez": { GET: live },
  "/v0/metrics": { GET: metrics },
  "/v0/status": { GET: ({ engine }) => json(200, { status: engine.ready ? "Ready" : "Initializing" }) },
  "/v0/node-id": { GET: nodeId },
  "/v0/tasks": { GET: ({ engine }) => json(200, engine.list()), POST: submit },
};

const taskRoutes: Readonly<Record<string, Route>> = { GET: getTask, DELETE: deleteTask };

export function answerSidecar(sidecar: SidecarProcess, request: SimRequest): SimAnswer {
  const problem = headerProblem(sidecar, request);
  if (problem !== undefined) return jsonError(401, problem);
  const methods = routes[request.path] ?? (taskIdOf(request) === undefined ? undefined : taskRoutes);
  if (methods === undefined) return plain(404, "404 page not found");
  const route = methods[request.method];
  if (route === undefined)
    return plain(405, "Method Not Allowed", { allow: Object.keys(methods).join(", ") });
  return route(sidecar, request);
}

function headerProblem(sidecar: SidecarProcess, request: SimRequest): string | undefined {
  if (!sidecar.trustsHeader || openPaths.has(request.path)) return undefined;
  const users = request.headers["x-remote-user"] ?? [];
  if (users.length === 0) return "missing X-Remote-User header";
  if (users.length > 1) return "duplicate X-Remote-User header";
  return users[0] === "" ? "empty X-Remote-User header" : undefined;
}

function health({ engine }: SidecarProcess): SimAnswer {
  return empty(engine.ready ? 200 : 503);
}

function live({ engine }: SidecarProcess, request: SimRequest): SimAnswer {
  if (engine.databaseAnswers) return empty(200);
  return request.query.get("verbose") === "1" ? jsonError(503, "database: disk I/O error") : empty(503);
}

function metrics({ environment }: SidecarProcess): SimAnswer {
  const counts = new Map<string, { submitted: number; failed: number }>();
  for (const row of environment.volume.rows.values()) {
    const count = counts.get(row.type) ?? { submitted: 0, failed: 0 };
    counts.set(row.type, count);
    count.submitted += row.run;
    if (row.status === "failed") count.failed += 1;
  }
  const lines = [...counts].flatMap(([type, { submitted, failed }]) => [
    `seictl_task_submissions_total{type="${type}"} ${submitted}`,
    `seictl_task_failures_total{type="${type}"} ${failed}`,
  ]);
  return plain(200, lines.join("\n"), { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
}

function nodeId({ environment }: SidecarProcess): SimAnswer {
  const { nodeKey } = environment.volume;
  if (nodeKey === undefined)
    return jsonError(500, "read node key: no such file; identity generation may not have run");
  const id = nodeIdOf(nodeKey);
  return id === undefined ? jsonError(500, "node key: unexpected key length") : json(200, { nodeId: id });
}

function submit({ engine }: SidecarProcess, request: SimRequest): SimAnswer {
  let body: unknown;
  try {
    body = JSON.parse(request.body);
  } catch {
    body = undefined;
  }
  if (!isTaskRequest(body)) return jsonError(400, "invalid request body");
  const answer = engine.submit(body);
  return "error" in answer ? jsonError(400, answer.error) : json(201, answer);
}

function getTask({ engine }: SidecarProcess, request: SimRequest): SimAnswer {
  const row = engine.get(taskIdOf(request) ?? "");
  return row === undefined ? jsonError(404, "task not found") : json(200, row);
}

function deleteTask({ engine }: SidecarProcess, request: SimRequest): SimAnswer {
  switch (engine.delete(taskIdOf(request) ?? "")) {
    case "deleted":
      return empty(204);
    case "store error":
      return jsonError(503, "delete task: disk I/O error", { "retry-after": "1" });
    case "not found":
      return jsonError(404, "task not found");
  }
}

function taskIdOf(request: SimRequest): string | undefined {
  return /^\/v0\/tasks\/([^/]+)$/.exec(request.path)?.[1];
}

/** Go's decoder refuses a body that is no object, and fields of the wrong JSON type. */
function isTaskRequest(body: unknown): body is { id?: string; type?: string; params?: object } {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  const { id, type, params } = body as Record<string, unknown>;
  const isText = (value: unknown) => value === undefined || value === null || typeof value === "string";
  const isObject = (value: unknown) =>
    value === undefined || (typeof value === "object" && !Array.isArray(value));
  return isText(id) && isText(type) && isObject(params);
}
