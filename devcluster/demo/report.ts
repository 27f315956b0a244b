/** The words at the end: what was measured and proved, what to try next, or what went wrong. Pure. */
import type { SeiNode } from "#api";
import { type DeepReadonly, findCondition } from "#kube";
import type { Claim } from "./claim.ts";
import type { Timings } from "./story.ts";
import { claimLine, forestTable, timingLines } from "./view/render.ts";
import type { Forest } from "./view/screen.ts";
import { type Paper, paint, plain } from "./view/text.ts";

export interface Story {
  readonly timings: readonly Timings[];
  readonly claims: readonly Claim[];
  readonly elapsed: string;
}

export function storyReport({ timings, claims, elapsed }: Story, paper: Paper): string[] {
  const broken = claims.filter(({ holds }) => !holds).length;
  const verdict =
    broken === 0
      ? `The demo ran through in ${elapsed}: all ${claims.length} claims hold.`
      : `The demo ran through in ${elapsed}, and ${broken} of ${claims.length} claims do NOT hold.`;
  return [
    ...timings.flatMap(({ of, parts }) => [
      [],
      plain(`How long it took to carry ${of}, from sending the patch:`),
      [],
      ...timingLines(parts),
    ]),
    [],
    plain("What this proved:"),
    [],
    ...claims.map(claimLine),
    [],
    [{ text: verdict, colour: broken === 0 ? ("green" as const) : ("red" as const) }],
  ].map((line) => paint(line, paper));
}

export interface Access {
  readonly kubeconfig: string;
  /** Of a kubectl to use when there is none on PATH. */
  readonly kubectl: string | undefined;
  /** Where kubectl keeps what it knows of the server. In the home folder it would outlive this server's port. */
  readonly kubectlCache: string;
  readonly namespace: string;
  /** A single one that is still on the old image. */
  readonly node: string;
  /** One with nodes on the new image. */
  readonly group: string;
  /** The folder of the samples: their tasks fit the demo's nodes. */
  readonly samples: string;
  readonly image: string;
  readonly managerLog: string;
}

/** Never cut or coloured: it is there to be copied. */
export function accessReport(access: Access): string[] {
  const { namespace, node, group, samples } = access;
  const patch = JSON.stringify({ spec: { image: access.image } });
  return [
    "",
    "The cluster keeps running. In another terminal:",
    "",
    `export KUBECONFIG=${quoted(access.kubeconfig)} KUBECACHEDIR=${quoted(access.kubectlCache)}`,
    ...(access.kubectl === undefined
      ? []
      : [`alias kubectl=${quoted(access.kubectl)}  # you have none on PATH`]),
    `kubectl get snd,snode,snt,sts,pod -n ${namespace}`,
    `kubectl describe snd ${group} -n ${namespace}`,
    `kubectl patch snode ${node} -n ${namespace} --type=merge -p '${patch}'`,
    `kubectl wait snode ${node} -n ${namespace} --for=condition=Ready`,
    `kubectl apply -f ${quoted(samples)}/task-update-node-image.yaml -f ${quoted(samples)}/task-gov-vote.yaml -n ${namespace}`,
    `kubectl wait snt --all -n ${namespace} --for=condition=Ready`,
    `kubectl get events -n ${namespace} --sort-by=.lastTimestamp`,
    `tail -f ${quoted(access.managerLog)}`,
    "",
    "What you change shows below. Ctrl-C stops everything and removes it.",
    "",
  ];
}

export interface Failure {
  readonly message: string;
  readonly forest: Forest;
  readonly nodes: readonly DeepReadonly<SeiNode>[];
  /** The end of the manager's log; undefined when there was no manager yet. */
  readonly logTail: string | undefined;
}

export function failureReport({ message, forest, nodes, logTail }: Failure, paper: Paper): string[] {
  const reasons = nodes.flatMap(({ metadata, status }) => {
    const ready = findCondition(status?.conditions, "Ready");
    return ready === undefined || ready.status === "True" ? [] : [`  ${metadata.name}: ${ready.message}`];
  });
  const tree = forestTable(forest).map((line) => paint(line, paper));
  return [
    "",
    `The demo did not get through: ${message}`,
    ...(tree.length === 0 ? [] : ["", "The last state:", "", ...tree, ...reasons]),
    ...(logTail === undefined ? [] : ["", "The manager's log ends:", "", logTail]),
  ];
}

function quoted(path: string): string {
  return /^[\w./:@%+=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
