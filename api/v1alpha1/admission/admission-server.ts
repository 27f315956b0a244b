/** The real API server, asked whether it would take a manifest. */
import { readFileSync } from "node:fs";
import { Agent, request } from "undici";
import type { ControlPlane } from "#devcluster";
import { API_VERSION } from "../constants/group.ts";
import { seiNodeDeployments, seiNodes, seiNodeTasks } from "../resources.ts";
import type { Draft, Json } from "./drafts.ts";

export interface Verdict {
  readonly accepted: boolean;
  /** The answer: the object as it would be stored, or the Status that refuses it. */
  readonly body: Json;
  /** The answer before JSON.parse, for numbers JavaScript cannot hold. */
  readonly text: string;
  /** One per violation, `field: message`. Empty when accepted. */
  readonly causes: readonly { readonly field: string; readonly message: string }[];
}

export interface StoredObject extends Draft {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}

export interface AdmissionServer {
  /** Would it be created? Nothing is stored. */
  tryCreate(draft: Draft, extra?: Json): Promise<Verdict>;
  create(draft: Draft): Promise<StoredObject>;
  /** Would `draft` be accepted in the place of `stored`? Nothing is stored. */
  tryReplace(stored: StoredObject, draft: Draft): Promise<Verdict>;
  /** Would that status be accepted? Nothing is stored. */
  tryStatus(stored: StoredObject, status: Json): Promise<Verdict>;
  close(): Promise<void>;
}

const plurals = Object.fromEntries(
  [seiNodes, seiNodeDeployments, seiNodeTasks].map(({ kind, plural }) => [kind, plural]),
);

export function connect(controlPlane: ControlPlane): AdmissionServer {
  const agent = new Agent({ allowH2: false, connect: { ca: readFileSync(controlPlane.caFile) } });

  async function send(
    method: "POST" | "PUT",
    kind: Draft["kind"],
    path: string,
    body: unknown,
  ): Promise<Verdict> {
    const url = `${controlPlane.server}/apis/${API_VERSION}/namespaces/default/${plurals[kind]}${path}`;
    const answer = await request(url, {
      dispatcher: agent,
      method,
      headers: { authorization: `Bearer ${controlPlane.adminToken}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await answer.body.text();
    const accepted = answer.statusCode < 300;
    // Anything else is a broken test, not a verdict.
    if (!accepted && answer.statusCode !== 422)
      throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    const json = JSON.parse(text);
    return { accepted, text, body: json, causes: json.details?.causes ?? [] };
  }

  return {
    tryCreate: ({ kind, ...draft }, extra = {}) =>
      send("POST", kind, "?dryRun=All", {
        apiVersion: API_VERSION,
        kind,
        metadata: { generateName: "case-" },
        ...draft,
        ...extra,
      }),
    create: async ({ kind, ...draft }) => {
      const body = { apiVersion: API_VERSION, kind, metadata: { generateName: "case-" }, ...draft };
      const { accepted, text } = await send("POST", kind, "", body);
      if (!accepted) throw new Error(`cannot store the object to update: ${text}`);
      return JSON.parse(text);
    },
    tryReplace: (stored, draft) =>
      send("PUT", stored.kind, `/${stored.metadata.name}?dryRun=All`, { ...stored, spec: draft.spec }),
    tryStatus: (stored, status) =>
      send("PUT", stored.kind, `/${stored.metadata.name}/status?dryRun=All`, { ...stored, status }),
    close: () => agent.close(),
  };
}
