/** Something the demo says of itself, and whether what was recorded bears it out. */
export interface Claim {
  readonly holds: boolean;
  /** The claim, or what is wrong with it. */
  readonly text: string;
}

/** Holds when nothing is wrong. */
export function claim(text: string, wrong: readonly string[]): Claim {
  return wrong.length === 0 ? { holds: true, text } : { holds: false, text: wrong.join("; ") };
}

export function list(names: readonly string[]): string {
  return names.join(", ");
}
