/**
 * Writes config/crd from the schemas in api/v1alpha1/schema. Run it after every change there:
 *
 *   node_modules/.bin/node hack/generate.ts           write what is stale
 *   node_modules/.bin/node hack/generate.ts --check   write nothing; exit 1 and name each stale file
 */
import { join } from "node:path";
import { buildCrdFiles } from "./generate/crd-files.ts";
import { compareFolder, writeStale } from "./generate/sync-folder.ts";

const FOLDER = join("config", "crd");

/** Returns the exit code. `root` is the repository; `log` gets one line per file that is not as it should be. */
export function generate(args: readonly string[], root: string, log: (line: string) => void): number {
  const unknown = args.find((arg) => arg !== "--check");
  if (unknown !== undefined) {
    log(`unknown argument ${unknown}: the only one is --check`);
    return 2;
  }
  const check = args.includes("--check");
  const wanted = buildCrdFiles();
  const state = compareFolder(join(root, FOLDER), wanted);
  for (const name of state.stray) log(`${join(FOLDER, name)} does not come from any schema: delete it`);
  for (const name of state.stale) {
    const path = join(FOLDER, name);
    log(check ? `${path} is stale: run "make generate" and commit the result` : `wrote ${path}`);
  }
  if (!check) writeStale(join(root, FOLDER), wanted, state);
  return state.stray.length > 0 || (check && state.stale.length > 0) ? 1 : 0;
}

if (import.meta.main) {
  process.exitCode = generate(process.argv.slice(2), join(import.meta.dirname, ".."), (line) =>
    console.error(line),
  );
}
