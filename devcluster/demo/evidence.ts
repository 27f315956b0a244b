/** What the demo claims at its end, each claim checked against what was recorded. Pure. */

export interface Evidence {
  readonly node: string;
  readonly oldPodUid: string;
  readonly newPodUid: string;
  /** Readiness seen between halt and replacement. */
  readonly readinessViolations: readonly string[];
  readonly wantedImage: string;
  readonly currentImage: string;
  /** Of the seid container of the pod that runs now. */
  readonly podImage: string;
  readonly podImageId: string;
  /** Number of POSTs by task id, of each node's sidecar. */
  readonly posts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Of each node with keys of its own, what the controller was to check. */
  readonly keys: readonly KeyEvidence[];
  /** The pods of the other nodes, before and after. */
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

export interface Claim {
  readonly holds: boolean;
  readonly text: string;
}

export function claimsFrom(evidence: Evidence): Claim[] {
  return [
    replaced,
    neverReady,
    imageIsTrue,
    keysChecked,
    postedOnce,
    othersUntouched,
    nothingRefused,
    oneSeid,
  ].map((check) => check(evidence));
}

function replaced({ node, oldPodUid, newPodUid }: Evidence): Claim {
  const holds = newPodUid !== "" && newPodUid !== oldPodUid;
  const text = holds
    ? `the pod of ${node} was replaced although it was not Ready: uid ${short(oldPodUid)} became ${short(newPodUid)}`
    : `the pod of ${node} was not replaced: uid ${short(oldPodUid)}`;
  return { holds, text };
}

function neverReady({ readinessViolations }: Evidence): Claim {
  return none(
    readinessViolations,
    "nothing waited for readiness: neither pod nor node was Ready between the halt and the replacement",
  );
}

function imageIsTrue({ wantedImage, currentImage, podImage, podImageId }: Evidence): Claim {
  const holds = currentImage === wantedImage && podImage === wantedImage && podImageId !== "";
  const text = holds
    ? `status.currentImage tells the truth: ${currentImage}, and the new pod has shown that it runs it`
    : `status.currentImage is ${currentImage}, the pod runs ${podImage || "nothing"}, wanted was ${wantedImage}`;
  return { holds, text };
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
  const nodes = keys.map(({ node, checks }) => `${node} (${checks.map(({ what }) => what).join(", ")})`);
  if (nodes.length === 0) return { holds: false, text: "no node brought keys of its own" };
  return none(
    wrong,
    `keys brought by the user were validated before the sidecar got a task: ${nodes.join("; ")}`,
  );
}

function postedOnce({ posts }: Evidence): Claim {
  const all = [...posts].flatMap(([node, counts]) => [...counts].map(([id, count]) => ({ node, id, count })));
  const repeated = all.filter(({ count }) => count !== 1);
  const silent = [...posts].filter(([, counts]) => counts.size === 0).map(([node]) => `${node} got no task`);
  const wrong = [
    ...silent,
    ...repeated.map(({ node, id, count }) => `${node}: task ${id} POSTed ${count} times`),
  ];
  return none(wrong, `each sidecar task was sent exactly once: ${all.length} tasks on ${posts.size} nodes`);
}

function othersUntouched({ others }: Evidence): Claim {
  const touched = others.filter(({ before, after }) => before === "" || before !== after);
  return none(
    touched.map(({ node }) => `the pod of ${node} was replaced, too`),
    `the pods of the other nodes were left alone: ${others.map(({ node }) => node).join(", ")}`,
  );
}

function nothingRefused({ refusals }: Evidence): Claim {
  return none(refusals, "the manager did it under its shipped roles: no request of it was refused (no 403)");
}

function oneSeid({ simulatorViolations }: Evidence): Claim {
  return none(simulatorViolations, "never did two seid processes share a volume");
}

function none(wrong: readonly string[], text: string): Claim {
  return wrong.length === 0 ? { holds: true, text } : { holds: false, text: wrong.join("; ") };
}

function short(uid: string): string {
  return uid.slice(0, 8);
}
