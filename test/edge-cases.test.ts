/** docs/edge-cases.md names a test for each edge case. That page must not rot: what it names exists, in the file it names. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const page = readFileSync(join(ROOT, "docs/edge-cases.md"), "utf8");
const FOLDERS = ["", "src/seinode", "test/e2e"];
const CITED = /"((?:[^"\\]|\\")+)" \(([^()\s]+\.test\.ts)\)/g;
/** What stands where there is no test, on purpose. */
const WITHOUT_TEST = /^the SeiNodeDeployment's$/;

interface Row {
  readonly line: string;
  readonly cell: string;
  readonly cited: readonly { readonly name: string; readonly file: string }[];
}

const rows: Row[] = page
  .split("\n")
  .filter((text) => text.startsWith("| ") && !/^\| (Line|Row|Rule) \|/.test(text))
  .map((text) => {
    const [, line = "", cell = ""] = text.split("|").map((part) => part.trim());
    const cited = [...cell.matchAll(CITED)].map(([, name = "", file = ""]) => ({
      name: name.replaceAll('\\"', '"'),
      file,
    }));
    return { line, cell, cited };
  });

const sources = new Map<string, string>();

/** The file with `…` for each `${...}`; several files of one short name are an error of the page. */
function sourceOf(file: string): string {
  const known = sources.get(file);
  if (known !== undefined) return known;
  const found = FOLDERS.map((folder) => join(ROOT, folder, file)).filter((path) => existsSync(path));
  assert.equal(found.length, 1, `${file} is one file`);
  const source = found.map((path) => withoutExpressions(readFileSync(path, "utf8"))).join("");
  sources.set(file, source);
  return source;
}

function withoutExpressions(source: string): string {
  let result = "";
  let from = 0;
  for (;;) {
    const start = source.indexOf("${", from);
    if (start < 0) return result + source.slice(from);
    result += `${source.slice(from, start)}…`;
    let depth = 1;
    from = start + 2;
    for (; depth > 0 && from < source.length; from++) {
      if (source[from] === "{") depth += 1;
      else if (source[from] === "}") depth -= 1;
    }
  }
}

function names(source: string, name: string): boolean {
  return [`"${name}"`, `'${name}'`, `\`${name}\``].some((text) => source.includes(text));
}

describe("docs/edge-cases.md", () => {
  test("names for each line a test, or says whose it is", () => {
    assert.ok(rows.length > 130, `${rows.length} rows`);
    const empty = rows.filter(({ cited, cell }) => cited.length === 0 && !WITHOUT_TEST.test(cell));
    assert.deepEqual(
      empty.map(({ line }) => line),
      [],
    );
  });

  test("cites in a form that this test can read", () => {
    const unread = rows.filter(({ cell, cited }) => cell.split(".test.ts)").length - 1 !== cited.length);
    assert.deepEqual(
      unread.map(({ line }) => line),
      [],
    );
  });

  test("names only tests that exist", () => {
    const missing = rows.flatMap(({ line, cited }) =>
      cited.filter(({ name, file }) => !names(sourceOf(file), name)).map(({ name }) => `${line}: ${name}`),
    );
    assert.deepEqual(missing, []);
  });

  test("has every row of the design that concerns a SeiNode", () => {
    const ids = [...Array(28).keys()].map((index) => index + 1).filter((id) => id !== 18 && id !== 19);
    const missing = ids.filter((id) => !rows.some(({ line }) => new RegExp(`^D${id} `).test(line)));
    assert.deepEqual(missing, []);
    for (const section of ["4.1", "4.2", "4.3", "4.5"])
      assert.match(page, new RegExp(`^### ${section} `, "m"));
  });
});
