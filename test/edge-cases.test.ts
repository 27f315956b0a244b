/** Each page of docs/edge-cases names a test for each edge case of one kind. They must not rot: what they name exists, in the file they name. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const PAGES = join(ROOT, "docs/edge-cases");
/** A test file, or the table of cases that one goes through. */
const CITED = /"((?:[^"\\]|\\")+)" \(([^()\s]+(?:\.test|-cases)\.ts)\)/g;
/** Where there is no test, on purpose, stands why. */
const WITHOUT_TEST = /^no test: \S/;

interface Row {
  readonly line: string;
  readonly cell: string;
  readonly cited: readonly { readonly name: string; readonly file: string }[];
}

interface Page {
  readonly kind: string;
  readonly text: string;
  readonly rows: readonly Row[];
}

const pages: readonly Page[] = readdirSync(PAGES).map((file) => {
  const text = readFileSync(join(PAGES, file), "utf8");
  return { kind: file.replace(/\.md$/, ""), text, rows: rowsOf(text) };
});

function rowsOf(page: string): readonly Row[] {
  return page
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
}

const sources = new Map<string, string>();

/** The file with `…` for each `${...}`; several files of one short name are an error of the page. */
function sourceOf(kind: string, file: string): string {
  const folders = ["", `src/${kind}`, "test/e2e", "api/v1alpha1/admission"];
  const [path, ...more] = folders
    .map((folder) => join(ROOT, folder, file))
    .filter((each) => existsSync(each));
  assert.ok(path !== undefined && more.length === 0, `${file} is one file`);
  const source = sources.get(path) ?? withoutExpressions(readFileSync(path, "utf8"));
  sources.set(path, source);
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

function page(kind: string): Page {
  const found = pages.find((each) => each.kind === kind);
  assert.ok(found, `docs/edge-cases/${kind}.md is missing`);
  return found;
}

/** Each id begins a row, as in `D5 dead sidecar`. */
function assertRows({ rows }: Page, ids: readonly (string | number)[]): void {
  const missing = ids.filter((id) => !rows.some(({ line }) => line.startsWith(`${id} `)));
  assert.deepEqual(missing, []);
}

const upTo = (last: number) => [...Array(last).keys()].map((index) => index + 1);

for (const { kind, text, rows } of pages) {
  describe(`docs/edge-cases/${kind}.md`, () => {
    test("names for each line a test, or says why there is none", () => {
      const empty = rows.filter(({ cited, cell }) => cited.length === 0 && !WITHOUT_TEST.test(cell));
      assert.deepEqual(
        empty.map(({ line }) => line),
        [],
      );
    });

    test("cites in a form that this test can read", () => {
      const unread = rows.filter(({ cell, cited }) => cell.split(/\.ts\)/).length - 1 !== cited.length);
      assert.deepEqual(
        unread.map(({ line }) => line),
        [],
      );
    });

    test("names only tests that exist", () => {
      const missing = rows.flatMap(({ line, cited }) =>
        cited
          .filter(({ name, file }) => !names(sourceOf(kind, file), name))
          .map(({ name }) => `${line}: ${name}`),
      );
      assert.deepEqual(missing, []);
    });

    test("links to pages that exist", () => {
      const dead = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
        .map(([, target = ""]) => target)
        .filter((target) => !existsSync(join(PAGES, target)));
      assert.deepEqual(dead, []);
    });
  });
}

test("the page of SeiNode has every row of the design that concerns one", () => {
  const seinode = page("seinode");
  assert.ok(seinode.rows.length > 130, `${seinode.rows.length} rows`);
  assertRows(
    seinode,
    upTo(28)
      .filter((id) => id !== 18 && id !== 19)
      .map((id) => `D${id}`),
  );
  for (const section of ["4.1", "4.2", "4.3", "4.5"])
    assert.match(seinode.text, new RegExp(`^### ${section} `, "m"));
});

test("the page of SeiNodeDeployment has every quirk and every row of the design that concerns a group", () => {
  const group = page("seinodedeployment");
  assert.ok(group.rows.length > 65, `${group.rows.length} rows`);
  assertRows(group, [...upTo(18).map((id) => `Q${id}`), "D18", "D26"]);
  assert.match(group.text, /^### 4\.4 /m);
});

test("the page of SeiNodeTask has every check and every defect, each tested on the real API server", () => {
  const task = page("seinodetask");
  const numbers = [...upTo(12).map((id) => `16.${id}`), ...upTo(10).map((id) => `14.${id}`)];
  assertRows(task, [...numbers, "D19"]);
  const untested = task.rows
    .filter(
      ({ cell, cited }) => !WITHOUT_TEST.test(cell) && !cited.some(({ file }) => file.includes(".e2e.")),
    )
    .map(({ line }) => line);
  assert.deepEqual(untested, []);
});
