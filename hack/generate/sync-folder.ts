import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface FolderState {
  /** Missing, or with another content than wanted. */
  readonly stale: readonly string[];
  /** There, and not wanted: the manifest of a renamed kind must not be installed for ever. */
  readonly stray: readonly string[];
}

export function compareFolder(folder: string, wanted: ReadonlyMap<string, string>): FolderState {
  return {
    stale: [...wanted]
      .filter(([name, content]) => readIfThere(join(folder, name)) !== content)
      .map(([name]) => name),
    stray: readdirIfThere(folder).filter((name) => !wanted.has(name)),
  };
}

/** Writes what is stale, and nothing else. Stray files are left for a human to delete. */
export function writeStale(folder: string, wanted: ReadonlyMap<string, string>, state: FolderState): void {
  mkdirSync(folder, { recursive: true });
  for (const name of state.stale) writeFileSync(join(folder, name), wanted.get(name) ?? "");
}

function readIfThere(path: string): string | undefined {
  return ifThere(() => readFileSync(path, "utf8"));
}

function readdirIfThere(folder: string): string[] {
  return ifThere(() => readdirSync(folder)) ?? [];
}

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
