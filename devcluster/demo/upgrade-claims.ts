/** What the demo claims of nodes that were carried to another image while they were halted. Pure. */
import { type Claim, claim, list } from "./claim.ts";

export interface UpgradeEvidence {
  readonly node: string;
  readonly pod: string;
  readonly oldPodUid: string;
  readonly newPodUid: string;
  /** Readiness seen between halt and replacement. */
  readonly readinessViolations: readonly string[];
  readonly wantedImage: string;
  readonly currentImage: string;
  /** Of the seid container of the pod that runs now. */
  readonly podImage: string;
  readonly podImageId: string;
}

export function replaced(upgrades: readonly UpgradeEvidence[]): Claim {
  const wrong = upgrades
    .filter(({ oldPodUid, newPodUid }) => newPodUid === "" || newPodUid === oldPodUid)
    .map(({ node, oldPodUid }) => `the pod of ${node} was not replaced: uid ${short(oldPodUid)}`);
  const moves = upgrades.map(
    ({ node, oldPodUid, newPodUid }) => `${node} (uid ${short(oldPodUid)} became ${short(newPodUid)})`,
  );
  return claim(`halted pods were replaced although they were not Ready: ${list(moves)}`, wrong);
}

/** `deletions`: of all pods, by name, from the audit log. */
export function deletedOnce(
  upgrades: readonly UpgradeEvidence[],
  deletions: ReadonlyMap<string, number>,
): Claim {
  const pods = new Set(upgrades.map(({ pod }) => pod));
  const wrong = [...new Set([...pods, ...deletions.keys()])].flatMap((pod) => {
    const count = deletions.get(pod) ?? 0;
    if (!pods.has(pod)) return [`pod ${pod} was deleted, too`];
    return count === 1 ? [] : [`pod ${pod} was deleted ${count} times`];
  });
  return claim(`each old pod was deleted exactly once, and no other pod: ${list([...pods])}`, wrong);
}

export function neverReady(upgrades: readonly UpgradeEvidence[]): Claim {
  return claim(
    "nothing waited for readiness: no such pod or node was Ready between its halt and its replacement",
    upgrades.flatMap(({ readinessViolations }) => readinessViolations),
  );
}

export function imagesAreTrue(upgrades: readonly UpgradeEvidence[]): Claim {
  const wrong = upgrades
    .filter(
      ({ wantedImage, currentImage, podImage, podImageId }) =>
        currentImage !== wantedImage || podImage !== wantedImage || podImageId === "",
    )
    .map(
      ({ node, wantedImage, currentImage, podImage }) =>
        `status.currentImage of ${node} is ${currentImage}, the pod runs ${podImage || "nothing"}, wanted was ${wantedImage}`,
    );
  const images = [...new Set(upgrades.map(({ wantedImage }) => wantedImage))];
  return claim(
    `status.currentImage tells the truth: ${list(images)}, and each new pod has shown that it runs it`,
    wrong,
  );
}

function short(uid: string): string {
  return uid.slice(0, 8);
}
