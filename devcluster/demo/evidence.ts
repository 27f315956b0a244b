/** What the demo claims at its end, each claim checked against what was recorded. Pure. */
import { type Claim, claim, list } from "./claim.ts";
import {
  assembledOnce,
  type CapacityEvidence,
  type CeremonyEvidence,
  costNoCapacity,
  foundPeers,
  type PeerEvidence,
  type RestartEvidence,
  restartedOnce,
} from "./group-claims.ts";
import { deletedOnce, imagesAreTrue, neverReady, replaced, type UpgradeEvidence } from "./upgrade-claims.ts";

export interface Evidence {
  /** Of each node that was halted and upgraded. */
  readonly upgrades: readonly UpgradeEvidence[];
  /** How often the manager deleted which pod. */
  readonly deletions: ReadonlyMap<string, number>;
  readonly capacity: CapacityEvidence;
  readonly ceremony: CeremonyEvidence;
  readonly peers: PeerEvidence;
  readonly restart: RestartEvidence;
  /** Number of POSTs by task id, of each node's sidecar. */
  readonly posts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Of each node with keys of its own, what the controller was to check. */
  readonly keys: readonly KeyEvidence[];
  /** The pods of the nodes that were not upgraded, when they were first up and at the end. */
  readonly others: readonly { readonly node: string; readonly before: string; readonly after: string }[];
  /** Requests of the manager that were refused, and lines of its log that speak of a refusal. */
  readonly refusals: readonly string[];
  /** What the simulated nodes saw and must never happen, such as two seids on one volume. */
  readonly simulatorViolations: readonly string[];
}

export interface KeyEvidence {
  readonly node: string;
  readonly checks: readonly {
    readonly what: string;
    /** Its condition is True. */
    readonly validated: boolean;
    /** When the controller had read the last of its Secrets for the first time, epoch ms; undefined when it did not. */
    readonly readAt: number | undefined;
  }[];
  /** When the node's sidecar got its first task, epoch ms. */
  readonly firstTaskAt: number | undefined;
}

/** In the order of the story. */
export function claimsFrom(evidence: Evidence): Claim[] {
  const { upgrades, deletions } = evidence;
  return [
    keysChecked(evidence),
    assembledOnce(evidence.ceremony),
    foundPeers(evidence.peers),
    replaced(upgrades),
    deletedOnce(upgrades, deletions),
    neverReady(upgrades),
    imagesAreTrue(upgrades),
    costNoCapacity(evidence.capacity),
    restartedOnce(evidence.restart),
    postedOnce(evidence),
    othersUntouched(evidence),
    nothingRefused(evidence),
    oneSeid(evidence),
  ];
}

function keysChecked({ keys }: Evidence): Claim {
  const wrong = keys.flatMap(({ node, checks, firstTaskAt = Number.POSITIVE_INFINITY }) =>
    checks.flatMap(({ what, validated, readAt = Number.POSITIVE_INFINITY }) => {
      if (!validated) return [`${node}: the ${what} was not validated`];
      return readAt <= firstTaskAt && Number.isFinite(readAt)
        ? []
        : [`${node}: the ${what} was not read before the first task`];
    }),
  );
  if (keys.length === 0) wrong.push("no node brought keys of its own");
  const nodes = keys.map(({ node, checks }) => `${node} (${list(checks.map(({ what }) => what))})`);
  return claim(
    `keys brought by the user were validated before the sidecar got a task: ${nodes.join("; ")}`,
    wrong,
  );
}

function postedOnce({ posts }: Evidence): Claim {
  const all = [...posts].flatMap(([node, counts]) => [...counts].map(([id, count]) => ({ node, id, count })));
  const silent = [...posts].filter(([, counts]) => counts.size === 0).map(([node]) => `${node} got no task`);
  const repeated = all
    .filter(({ count }) => count !== 1)
    .map(({ node, id, count }) => `${node}: task ${id} POSTed ${count} times`);
  return claim(`each sidecar task was sent exactly once: ${all.length} tasks on ${posts.size} nodes`, [
    ...silent,
    ...repeated,
  ]);
}

function othersUntouched({ others }: Evidence): Claim {
  const touched = others.filter(({ before, after }) => before === "" || before !== after);
  return claim(
    `the pods of the other nodes were left alone: ${list(others.map(({ node }) => node))}`,
    touched.map(({ node }) => `the pod of ${node} was replaced, too`),
  );
}

function nothingRefused({ refusals }: Evidence): Claim {
  return claim("the manager did it under its shipped roles: no request of it was refused (no 403)", refusals);
}

function oneSeid({ simulatorViolations }: Evidence): Claim {
  return claim("never did two seid processes share a volume", simulatorViolations);
}
