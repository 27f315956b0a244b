/** What a benchmark run tells: the table and the JSON are made of nothing else. */
import type { Counts } from "../figures/requests.ts";

export interface Figure {
  readonly name: string;
  /** Undefined: could not be measured here. */
  readonly value: number | undefined;
  /** `s`, `MiB`, `%`, or nothing for a number of things. */
  readonly unit: string;
  /** What is known of the value is that it is above this (and at most `value`). */
  readonly above?: number;
  /** What the Go operator took, measured in the same way (design section 6). */
  readonly reference?: number;
  readonly target?: { readonly op: "<" | "<="; readonly value: number };
}

export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Requests by what was asked, for all nodes together. */
  readonly requests?: readonly { readonly title: string; readonly nodes: number; readonly counts: Counts }[];
  readonly notes?: readonly string[];
}

export interface Failure {
  readonly title: string;
  readonly problem: string;
}

export interface Run {
  readonly machine: readonly string[];
  readonly sections: readonly Section[];
  /** Scenarios that did not come to an end. */
  readonly failures: readonly Failure[];
}
