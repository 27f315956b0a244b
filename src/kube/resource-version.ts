/**
 * Order of resourceVersions of one resource. They are decimal integers without leading zeros, up to 64 bits: too large for
 * a JavaScript number, so the longer text is the greater one, and equal lengths compare as text.
 */
export function compareVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Whether the state at `position` includes the write `version`. Nothing is included before the first list. */
export function includesVersion(position: string | undefined, version: string): boolean {
  return position !== undefined && compareVersions(version, position) <= 0;
}
