/** The sidecar's HTTP API (spec/sidecar.md section 5) as a typed client. Answers are classified here, once. */
import type { buildConnector } from "undici";
import type { Clock } from "#clock";
import {
  type SidecarClient,
  SidecarError,
  type SidecarFactory,
  type SidecarTarget,
  type SidecarTaskRequest,
  type SidecarTaskResult,
} from "./contract.ts";
import { NodeFences } from "./node-fence.ts";
import type { Environment } from "./proxy-env.ts";
import { createTokenSource, IN_CLUSTER_TOKEN_FILE, TOKEN_FILE_VARIABLE } from "./token-source.ts";
import { type Answer, createTransport, type Exchange, nameOf, noAnswer } from "./transport.ts";

const DEADLINE_MS = 5_000;
const HEALTHZ_DEADLINE_MS = 2_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NIL_UUID = "00000000-0000-0000-0000-000000000000";
const NODE_ID = /^[0-9a-f]{40}$/;

/** The leadership fence (design 4.5). */
export interface SidecarGate {
  /** Throws when this process may no longer cause side effects. Asked right before each POST, never before a GET. */
  assertOpen(): void;
  /** Aborted when leadership is lost: ends every call in flight. */
  readonly signal: AbortSignal;
}

export interface SidecarFactoryOptions {
  readonly clock: Clock;
  /** HTTP_PROXY, NO_PROXY and SEI_SIDECAR_TOKEN_FILE are read from here. */
  readonly env: Environment;
  readonly gate?: SidecarGate;
  /** Where the bearer token is, unless SEI_SIDECAR_TOKEN_FILE says. Default: the in-cluster path. */
  readonly tokenFile?: string;
  /** Replaces TCP connecting, for tests. */
  readonly connect?: buildConnector.connector;
}

/** One factory per process: connections, token and back-off state are shared by all its clients. */
export function createSidecarFactory(
  options: SidecarFactoryOptions,
): SidecarFactory & { close(): Promise<void> } {
  const { clock, env, gate } = options;
  const transport = createTransport(options);
  const tokens = createTokenSource(
    clock,
    env[TOKEN_FILE_VARIABLE] || options.tokenFile || IN_CLUSTER_TOKEN_FILE,
  );
  const fences = new NodeFences(clock);

  return Object.assign(createClient, { close: () => transport.close() });

  function createClient(target: SidecarTarget): SidecarClient {
    return {
      async submit(task, signal) {
        const answer = await call("POST", "/v0/tasks", `POST task ${task.type}`, {
          signal,
          body: requestBody(task),
        });
        if (answer.status !== 201 && answer.status !== 202)
          throw unexpected(`POST task ${task.type}`, answer);
        const id = parseObject(answer)?.id;
        if (typeof id !== "string" || !UUID.test(id) || id === NIL_UUID)
          throw malformed(`POST task ${task.type}`, answer);
      },

      async task(id, signal) {
        const answer = await call("GET", `/v0/tasks/${encodeURIComponent(id)}`, "GET task", { signal });
        if (answer.status === 404) return undefined;
        if (answer.status !== 200) throw unexpected("GET task", answer);
        return parseResult(answer, id) ?? fail(malformed("GET task", answer));
      },

      async isReady(signal, { authenticated = false } = {}) {
        const answer = await call("GET", "/v0/healthz", "GET healthz", {
          signal,
          deadlineMs: HEALTHZ_DEADLINE_MS,
          anonymous: !authenticated,
        });
        if (answer.status === 200) return true;
        if (answer.status === 503) return false;
        throw unexpected("GET healthz", answer);
      },

      async nodeId(signal) {
        const answer = await call("GET", "/v0/node-id", "GET node id", { signal });
        if (answer.status !== 200) throw unexpected("GET node id", answer);
        const nodeId = parseObject(answer)?.nodeId;
        if (typeof nodeId !== "string" || !NODE_ID.test(nodeId)) throw malformed("GET node id", answer);
        return nodeId;
      },
    };

    async function call(
      method: Exchange["method"],
      path: string,
      what: string,
      extra: { signal: AbortSignal | undefined; deadlineMs?: number; body?: string; anonymous?: boolean },
    ): Promise<Answer> {
      const deadlineMs = extra.deadlineMs ?? DEADLINE_MS;
      const admission = fences.admit(nameOf(target), deadlineMs);
      if (!admission.admitted) {
        throw noAnswer(target, "backingOff", { retryAfterMs: admission.retryAfterMs });
      }
      let token: string | undefined;
      const prepare = async () => {
        // The healthz of a node's own pod is exempt from authentication; it must work where there is no token at all.
        if (extra.anonymous !== true) token = await tokens.get();
        if (method === "POST") assertGateOpen(what);
        return token === undefined ? {} : { authorization: `Bearer ${token}` };
      };
      try {
        const answer = await transport.exchange(target, {
          method,
          path,
          what,
          deadlineMs,
          prepare,
          headers: { "content-type": "application/json", accept: "application/json" },
          signals: [extra.signal, gate?.signal].filter((signal) => signal !== undefined),
          ...(extra.body === undefined ? {} : { body: extra.body }),
        });
        admission.end("answered");
        if (answer.status === 401 && token !== undefined) tokens.refused(token);
        return answer;
      } catch (error) {
        admission.end(endOf(error));
        throw error;
      }
    }

    function assertGateOpen(what: string): void {
      try {
        gate?.assertOpen();
      } catch (cause) {
        throw new SidecarError(
          `${what}: not sent to ${nameOf(target)}, this process is no longer the leader`,
          {
            class: "fenced",
            cause,
          },
        );
      }
    }

    function unexpected(what: string, answer: Answer): SidecarError {
      const verb = what.startsWith("POST") ? "create" : "get";
      const { node, namespace } = target;
      const said = errorText(answer);
      if (answer.status === 401) {
        return new SidecarError(
          `${what}: the proxy of ${nameOf(target)} does not accept the operator's token (401); check that the token is` +
            " current and that the node's service account may create tokenreviews and subjectaccessreviews",
          { class: "unauthorized" },
        );
      }
      if (answer.status === 403) {
        return new SidecarError(
          `${what}: forbidden (403); grant the operator's service account "${verb}" on seinodetasks.sei.io` +
            ` "${node}" in namespace "${namespace}"`,
          { class: "unauthorized" },
        );
      }
      // A full or locked task database answers 400, too (sidecar.md 5.1), but says nothing about the request.
      if (answer.status === 400 && !said.startsWith("persist task")) {
        return new SidecarError(
          `${what}: rejected by the sidecar of ${nameOf(target)}${said === "" ? "" : `: ${said}`}`,
          {
            class: "rejected",
          },
        );
      }
      const text = `${what}: the sidecar of ${nameOf(target)} answered ${answer.status}`;
      return new SidecarError(said === "" ? text : `${text}: ${said}`, { class: "unavailable" });
    }

    function malformed(what: string, answer: Answer): SidecarError {
      return new SidecarError(
        `${what}: the sidecar of ${nameOf(target)} answered ${answer.status} with a body that makes no sense`,
        { class: "unavailable" },
      );
    }
  }
}

function endOf(error: unknown): "answered" | "timedOut" | "other" {
  if (!(error instanceof SidecarError)) return "other";
  if (error.class === "timeout") return "timedOut";
  // The body was over the cap: useless, but an answer.
  return error.class === "unavailable" ? "answered" : "other";
}

function requestBody(task: SidecarTaskRequest): string {
  const { id, type, params } = task;
  return JSON.stringify(params === undefined ? { id, type } : { id, type, params });
}

function parseObject(answer: Answer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(answer.body);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined; // not JSON: the caller reports the answer as malformed
  }
}

/** `undefined` when a field we act on is missing or senseless; fields we do not know are ignored. */
function parseResult(answer: Answer, id: string): SidecarTaskResult | undefined {
  const value = parseObject(answer);
  if (value === undefined) return undefined;
  const { type, status, run, error, submittedAt, result } = value;
  if (status !== "running" && status !== "completed" && status !== "failed") return undefined;
  // An answer about another task must never be taken for this one's.
  if (typeof value.id !== "string" || value.id.toLowerCase() !== id.toLowerCase()) return undefined;
  return {
    id,
    type: typeof type === "string" ? type : "",
    status,
    ...(Number.isSafeInteger(run) && Number(run) > 0 ? { run: Number(run) } : {}),
    ...(typeof error === "string" && error !== "" ? { error } : {}),
    ...(typeof submittedAt === "string" ? { submittedAt } : {}),
    ...(result === undefined ? {} : { result }),
  };
}

const ADDRESS =
  /(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])(?::\d+)?(?:->(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\]):\d+)?/gi;

/** The `error` of a JSON error body, fit for a condition: one line, bounded, without addresses. Empty when there is none. */
function errorText(answer: Answer): string {
  const error = parseObject(answer)?.error;
  if (typeof error !== "string") return "";
  const line = error.replace(/\s+/g, " ").replace(ADDRESS, "<address>").trim();
  return line.length > 500 ? `${line.slice(0, 497)}...` : line;
}

function fail(error: Error): never {
  throw error;
}
