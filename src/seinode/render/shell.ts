/**
 * Pieces of shell that run inside the node's containers. Kubernetes itself expands `$(NAME)` and `$$` in commands before
 * any shell sees them, so no script here uses command substitution or the shell's own pid.
 */

/** One word, whatever it contains. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

export function joinLines(...lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
