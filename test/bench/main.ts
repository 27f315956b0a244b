/**
 * `make bench`: the numbers of design section 6, measured on a real control plane with simulated nodes whose sidecars
 * answer at once. Prints a table, writes JSON, and judges nothing but whether each scenario came to an end: times on a
 * shared machine are for people to read.
 *
 *     BENCH_NODES="1 50 200"   how many nodes at once (1000 takes minutes and 4 GB)
 *     BENCH_GROUPS="4 20 100"  sizes of the groups whose rollout is measured
 *     BENCH_IDLE_SECONDS=60    how long the largest fleet and the largest group are left alone; 0: not
 *     BENCH_JSON=file          where the JSON goes; default: a file in the temporary folder, whose path is printed
 *     BENCH_ONLY=text          only scenarios whose title has this in it
 *     BENCH_CPU_PROF=folder    the managers of "many nodes" write a CPU profile there when they end
 */
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describeMachine } from "./observe/machine.ts";
import { readOptions } from "./options.ts";
import type { Failure, Section } from "./report/contract.ts";
import { renderRun } from "./report/render.ts";
import { scenarios } from "./scenarios/index.ts";

const options = readOptions(process.env);
const machine = describeMachine();
const sections: Section[] = [];
const failures: Failure[] = [];
for (const { title, run } of scenarios(options)) {
  if (!title.includes(options.only)) continue;
  console.error(`bench: ${title}`);
  try {
    const measured = await run();
    sections.push(...measured);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    console.error(`bench: ${title}: ${problem}`);
    failures.push({ title, problem });
  }
}
const run = { machine, sections, failures };
console.log(renderRun(run));
const file = resolve(options.json === "" ? join(tmpdir(), `sei-bench-${process.pid}.json`) : options.json);
// JSON has no infinity: the open end of a histogram becomes null.
await writeFile(file, `${JSON.stringify(run, undefined, 2)}\n`);
console.error(`bench: JSON in ${file}`);
process.exitCode = failures.length === 0 ? 0 : 1;
