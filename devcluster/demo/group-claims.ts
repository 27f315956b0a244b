/** What the demo claims of its groups and of the task at its end. Pure. */
import { type Claim, claim, list } from "./claim.ts";

export interface CeremonyEvidence {
  readonly chainId: string;
  /** The tasks to assemble it that any founder's sidecar got, by id: how often sent, and how often carried out. */
  readonly assemblies: readonly {
    readonly node: string;
    readonly posts: number;
    readonly executions: number;
  }[];
  /** The chain whose final genesis each founder has; empty while it has none or a placeholder. */
  readonly founders: readonly { readonly node: string; readonly genesisOf: string }[];
}

export function assembledOnce({ chainId, assemblies, founders }: CeremonyEvidence): Claim {
  const [first] = assemblies;
  const posts = assemblies.reduce((sum, each) => sum + each.posts, 0);
  const executions = assemblies.reduce((sum, each) => sum + each.executions, 0);
  const wrong = founders
    .filter(({ genesisOf }) => genesisOf !== chainId)
    .map(({ node }) => `${node} does not have the genesis of ${chainId}`);
  if (first === undefined) wrong.unshift(`the genesis of ${chainId} was never assembled`);
  else if (posts !== 1 || executions !== 1)
    wrong.unshift(`the genesis of ${chainId} was asked for ${posts} times, made ${executions} times`);
  return claim(
    `the genesis of ${chainId} was assembled exactly once, by ${first?.node}, and is that of all ${founders.length} validators`,
    wrong,
  );
}

export interface PeerEvidence {
  /** The nodes that look for peers, and which of the wanted nodes are not in their configuration. */
  readonly seekers: readonly { readonly node: string; readonly missing: readonly string[] }[];
  readonly wanted: readonly string[];
}

export function foundPeers({ seekers, wanted }: PeerEvidence): Claim {
  const wrong = seekers.flatMap(({ node, missing }) =>
    missing.map((peer) => `${node} does not have ${peer} as a peer`),
  );
  if (seekers.length === 0 || wanted.length === 0) wrong.push("nobody looked for peers");
  return claim(`${list(seekers.map(({ node }) => node))} found their peers by label: ${list(wanted)}`, wrong);
}

export interface CapacityEvidence {
  /** The pods that were halted. */
  readonly halted: readonly string[];
  readonly mostDownAtOnce: number;
  /** Every pod that was down at some time between the halt and the end of the rollout. */
  readonly everDown: readonly string[];
}

export function costNoCapacity({ halted, mostDownAtOnce, everDown }: CapacityEvidence): Claim {
  const wrong = everDown
    .filter((pod) => !halted.includes(pod))
    .map((pod) => `pod ${pod} was taken down, too`);
  if (mostDownAtOnce > halted.length)
    wrong.push(`${mostDownAtOnce} pods were down at once, ${halted.length} had halted`);
  return claim(
    `the rollout cost no capacity: at most ${mostDownAtOnce} pods were down at once, the ${halted.length} that had halted`,
    wrong,
  );
}

export interface RestartEvidence {
  readonly node: string;
  readonly phase: string;
  readonly posts: number;
  readonly executions: number;
  /** Starts of seid's container in the pod, before and after. */
  readonly startsBefore: number;
  readonly startsAfter: number;
  readonly podBefore: string;
  readonly podAfter: string;
  /** What seid's RPC answered afterwards; undefined when it did not. */
  readonly height: number | undefined;
}

export function restartedOnce(evidence: RestartEvidence): Claim {
  const { node, phase, posts, executions, startsBefore, startsAfter, podBefore, podAfter, height } = evidence;
  const wrong = [
    ...(phase === "Complete" ? [] : [`the task is ${phase || "New"}`]),
    ...(posts === 1 && executions === 1
      ? []
      : [`restart-seid was POSTed ${posts} times and carried out ${executions} times`]),
    ...(startsAfter === startsBefore + 1 ? [] : [`seid started ${startsAfter - startsBefore} times`]),
    ...(podBefore !== "" && podBefore === podAfter ? [] : [`the pod of ${node} was replaced`]),
    ...(height === undefined ? [`seid of ${node} does not serve RPC`] : []),
  ];
  return claim(
    `RestartSeid was POSTed once to ${node}: seid started once more in the same pod and serves RPC again`,
    wrong,
  );
}
