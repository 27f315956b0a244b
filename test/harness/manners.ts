/**
 * What the manager must never do, whatever a test was about (design D20 and "Never"), judged from the API server's audit
 * log and the manager's own. To be the `after` hook of every file that has a World.
 */
import assert from "node:assert/strict";
import type { AuditRecord } from "./audit.ts";
import type { World } from "./world.ts";

/** Watched by label only: the cluster is full of other people's. */
const SELECTED = [
  "pods",
  "statefulsets",
  "services",
  "persistentvolumeclaims",
  "configmaps",
  "jobs",
  "httproutes",
];

export interface MannersOptions {
  /** Lines of the manager's log about a 401 or 403 that the test itself gave. */
  readonly isExpected?: (line: string) => boolean;
}

/** Checks the manners of all managers of this world, and that the simulator saw nothing impossible. Then ends the world. */
export async function endWorld(world: World | undefined, options: MannersOptions = {}): Promise<void> {
  if (world === undefined) return;
  try {
    await assertManners(world, options);
    assert.deepEqual(world.simulator.violations, [], "things that must never happen in a cluster");
  } finally {
    await world.stop();
  }
}

export async function assertManners(world: World, { isExpected }: MannersOptions = {}): Promise<void> {
  const records = await world.audit();
  // Without these the rest would pass because nothing was looked at.
  assert.ok(records.some(isSelected), "the audit log tells of the manager");
  for (const [rule, breaks] of Object.entries(NEVER)) assert.deepEqual(records.find(breaks), undefined, rule);
  for (const manager of world.managers) assertNothingForbidden(await manager.log(), isExpected);
}

const NEVER: Readonly<Record<string, (record: AuditRecord) => boolean>> = {
  "nothing outside the shipped roles is asked for": ({ code, authorized }) =>
    code === 401 || (code === 403 && !authorized),
  "Secrets are only read, by name": ({ resource, verb }) => resource === "secrets" && verb !== "get",
  "the status of a StatefulSet is not touched": ({ resource }) => resource === "statefulsets/status",
  "nothing is PUT": ({ verb }) => verb === "update",
  "nothing is deleted by the dozen": ({ verb }) => verb === "deletecollection",
  "no pod is deleted by force": ({ deletion }) => deletion?.gracePeriodSeconds === 0,
  "a delete names the uid it means": ({ verb, deletion }) =>
    verb === "delete" && deletion?.preconditions?.uid === undefined,
  "children are listed and watched by label": (record) =>
    SELECTED.includes(record.resource) && /^(list|watch)$/.test(record.verb) && !isSelected(record),
};

function isSelected({ resource, uri }: AuditRecord): boolean {
  return SELECTED.includes(resource) && /[?&]labelSelector=sei\.io%2Fnode/.test(uri);
}

function assertNothingForbidden(log: string, isExpected = (_line: string) => false): void {
  const refused = /\b40[13]\b|"class":"(?:forbidden|unauthorized)"/;
  const lines = log.split("\n").filter((line) => refused.test(line) && !isExpected(line));
  assert.equal(lines[0]?.slice(0, 1000), undefined, "the manager's log tells of no refused request");
}
