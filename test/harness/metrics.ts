/** What a manager's /metrics says. */
import { request } from "undici";
import { systemClock } from "#clock";

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type Labels = Readonly<Record<string, string>>;

/** One scrape. */
export class Metrics {
  readonly samples: readonly Sample[];

  constructor(text: string) {
    this.samples = text.split("\n").flatMap(parseLine);
  }

  /** Samples of this name whose labels include these. */
  matching(name: string, labels: Labels = {}): readonly Sample[] {
    return this.samples.filter((sample) => sample.name === name && hasLabels(sample, labels));
  }

  /** The sum over the matching samples, 0 when there is none. */
  sum(name: string, labels: Labels = {}): number {
    return this.matching(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  /** Whether any series speaks of this object. */
  speaksOf(namespace: string, name: string): boolean {
    return this.samples.some((sample) => hasLabels(sample, { namespace, name }));
  }
}

export async function scrape(url: string): Promise<Metrics> {
  const { statusCode, body } = await request(url);
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`GET ${url}: ${statusCode}: ${text}`);
  return new Metrics(text);
}

const POLL_MS = 20;

/** Resolves with the first scrape that passes. Metrics can only be polled: nobody tells when they change. */
export async function untilMetrics(
  url: string,
  what: string,
  passes: (metrics: Metrics) => boolean,
  timeoutMs = 60_000,
): Promise<Metrics> {
  const deadline = systemClock.monotonic() + timeoutMs;
  for (;;) {
    const metrics = await scrape(url);
    if (passes(metrics)) return metrics;
    if (systemClock.monotonic() > deadline)
      throw new Error(`not within ${timeoutMs / 1000} s: metrics: ${what}`);
    await systemClock.sleep(POLL_MS);
  }
}

const RECONCILES = "controller_runtime_reconcile_total";

/**
 * Makes the SeiNode controller look `times` times: `touch` is called, and its reconcile waited for, once for each. The
 * controller must have nothing else to do, or its other work is counted too.
 */
export async function forceReconciles(
  url: string,
  times: number,
  touch: (round: number) => Promise<unknown>,
  controller = "seinode",
): Promise<void> {
  const reconciles = (metrics: Metrics) => metrics.sum(RECONCILES, { controller });
  for (let round = 1; round <= times; round++) {
    const before = reconciles(await scrape(url));
    await touch(round);
    await untilMetrics(url, `reconcile ${round}`, (metrics) => reconciles(metrics) > before);
  }
}

function parseLine(line: string): Sample[] {
  const match = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
  const [, name, labelText = "", value] = match ?? [];
  if (name === undefined || value === undefined) return [];
  const labels: Record<string, string> = {};
  for (const [, key = "", text = ""] of labelText.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[key] = text;
  return [{ name, labels, value: Number(value) }];
}

function hasLabels(sample: Sample, labels: Labels): boolean {
  return Object.entries(labels).every(([key, value]) => sample.labels[key] === value);
}
