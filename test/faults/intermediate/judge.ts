/** Is what a disturbed run left behind what the undisturbed one did? Pure. */
import { isJsonObject } from "#kube";
import type { Evidence } from "./evidence.ts";

/** One line per difference; empty when there is none. */
export function differences(oracle: Evidence, run: Evidence): readonly string[] {
  const { events, submissions: _, ...compared } = run;
  const { events: expected, submissions: __, ...rest } = oracle;
  return [
    ...differ("", rest, compared),
    // Told late, told again or lost with the process that had it in its queue: all fine. Told without reason: not.
    ...[...events]
      .filter((event) => !expected.has(event))
      .map((event) => `event of no undisturbed run: ${event}`),
  ];
}

function differ(path: string, oracle: unknown, run: unknown): string[] {
  if (Array.isArray(oracle) && Array.isArray(run) && oracle.length === run.length) {
    return oracle.flatMap((item, index) => differ(`${path}[${index}]`, item, run[index]));
  }
  if (isJsonObject(oracle) && isJsonObject(run)) {
    const keys = [...new Set([...Object.keys(oracle), ...Object.keys(run)])];
    return keys.flatMap((key) => differ(path === "" ? key : `${path}.${key}`, oracle[key], run[key]));
  }
  const [wanted, got] = [JSON.stringify(oracle), JSON.stringify(run)];
  return wanted === got ? [] : [`${path}: undisturbed ${short(wanted)}, here ${short(got)}`];
}

/** Of an object that is missing altogether its name says enough. */
function short(json: string | undefined): string {
  const text = String(json);
  return text.length <= 400 ? text : `${text.slice(0, 400)}...`;
}
