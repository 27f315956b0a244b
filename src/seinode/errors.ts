/** Why a spec or plan cannot be worked on. Not cured by retrying: somebody has to change something. */

/** The spec contradicts itself in a way the CRD does not catch. */
export class InvalidSpec extends Error {
  override readonly name = "InvalidSpec";
}

/** The stored plan holds a task that this version cannot do. */
export class UnsupportedSpec extends Error {
  override readonly name = "UnsupportedSpec";
}
