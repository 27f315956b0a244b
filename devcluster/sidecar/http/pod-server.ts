/** The listening ports of one pod: what a request to each of them gets. */
import type { Seid } from "../seid.ts";
import type { SidecarProcess } from "../sidecar-process.ts";
import type { ProxyAuthorizer, ReviewAttributes } from "./authorization.ts";
import type { FaultBook } from "./faults.ts";
import { plain, type SimAnswer, type SimRequest } from "./message.ts";
import { answerSeid } from "./seid-routes.ts";
import { answerSidecar } from "./sidecar-routes.ts";

/** The running kube-rbac-proxy of a pod. */
export interface RbacProxy {
  readonly ignorePaths: ReadonlySet<string>;
  readonly attributes: ReviewAttributes;
}

/** A pod as the network sees it. Absent parts are containers that do not run. */
export interface PodServer {
  readonly namespace: string;
  readonly node: string;
  readonly faults: FaultBook;
  readonly rbacProxy: RbacProxy | undefined;
  readonly sidecar: SidecarProcess | undefined;
  readonly seid: Seid | undefined;
}

export const proxyPort = 8443;
export const rpcPort = 26657;

/** `refused`: nobody listens there. Without an authorizer kube-rbac-proxy lets everybody through. */
export async function answerPod(
  pod: PodServer,
  port: number,
  request: SimRequest,
  authorizer: ProxyAuthorizer | undefined,
): Promise<SimAnswer | "refused"> {
  if (port === proxyPort) return await answerRbacProxy(pod, request, authorizer);
  if (port === rpcPort) return answerRpc(pod, request);
  const { sidecar } = pod;
  // In trusted-header mode the sidecar listens on loopback only, which from outside is the same as not at all.
  if (sidecar !== undefined && port === sidecar.port && !sidecar.trustsHeader)
    return answerSidecar(sidecar, request);
  return "refused";
}

async function answerRbacProxy(
  pod: PodServer,
  request: SimRequest,
  authorizer: ProxyAuthorizer | undefined,
): Promise<SimAnswer | "refused"> {
  const { rbacProxy } = pod;
  if (rbacProxy === undefined) return "refused";
  let user = { name: "system:devcluster", groups: [] as readonly string[] };
  if (authorizer !== undefined && !rbacProxy.ignorePaths.has(request.path)) {
    const verdict = await authorizer.decide(
      request.headers.authorization?.[0],
      request.method,
      rbacProxy.attributes,
    );
    if (!verdict.allowed) return plain(verdict.status, verdict.text);
    user = { ...verdict.user };
  }
  // Looked up after the reviews: the sidecar may have died meanwhile.
  if (pod.sidecar === undefined) return plain(502, "");
  const headers = {
    ...request.headers,
    "x-remote-user": [user.name],
    "x-remote-groups": [user.groups.join("|")],
  };
  return answerSidecar(pod.sidecar, { ...request, headers });
}

function answerRpc(pod: PodServer, request: SimRequest): SimAnswer | "refused" {
  const { seid } = pod;
  return seid?.rpcUp === true ? answerSeid(seid, request) : "refused";
}
