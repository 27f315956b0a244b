/** Quantiles of a Prometheus histogram. They are known to a bucket only, so the bucket is what is told. */
import type { Metrics } from "../../harness/metrics.ts";

/** Cumulative counts by upper bound, ascending, the last one infinite. */
export type Histogram = readonly { readonly bound: number; readonly count: number }[];

export interface Quantile {
  /** The quantile is above `lower` and at most `upper` (infinite: above all bounds). */
  readonly lower: number;
  readonly upper: number;
}

/** The sum of all series of that name with these labels. Empty when there is none. */
export function readHistogram(
  metrics: Metrics,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Histogram {
  const counts = new Map<number, number>();
  for (const { labels: found, value } of metrics.matching(`${name}_bucket`, labels)) {
    const bound = found.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(found.le);
    counts.set(bound, (counts.get(bound) ?? 0) + value);
  }
  return [...counts].map(([bound, count]) => ({ bound, count })).sort((a, b) => a.bound - b.bound);
}

/** What was observed between two scrapes of one process. A series that is new counts from zero. */
export function since(before: Histogram, after: Histogram): Histogram {
  const old = new Map(before.map(({ bound, count }) => [bound, count]));
  return after.map(({ bound, count }) => ({ bound, count: count - (old.get(bound) ?? 0) }));
}

/** The bucket in which the quantile lies; undefined when nothing was observed. */
export function quantileBucket(histogram: Histogram, quantile: number): Quantile | undefined {
  const total = histogram.at(-1)?.count ?? 0;
  if (total === 0) return undefined;
  const index = histogram.findIndex(({ count }) => count >= quantile * total);
  const upper = histogram[index]?.bound;
  return upper === undefined ? undefined : { lower: histogram[index - 1]?.bound ?? 0, upper };
}
