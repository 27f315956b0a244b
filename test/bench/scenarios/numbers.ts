/** Design section 6, as far as it depends on the number of nodes: what the Go operator took and what we want. */
import type { Figure } from "../report/contract.ts";

type Numbers = Pick<Figure, "reference" | "target">;

interface ManyNodesNumbers {
  readonly allRunning: Numbers;
  readonly nodeP99: Numbers;
  readonly requests: Numbers;
  readonly cpu: Numbers;
  readonly memory: Numbers;
  readonly queue: Pick<Figure, "target">;
}

export interface IdleNumbers {
  readonly writes?: Pick<Figure, "reference">;
  readonly sidecar?: Pick<Figure, "reference">;
  readonly cpu?: Pick<Figure, "reference">;
}

interface RolloutNumbers {
  readonly complete: Numbers;
  readonly requests: Numbers;
  readonly down: Pick<Figure, "target">;
}

const below = (value: number) => ({ op: "<", value }) as const;
const atMost = (value: number) => ({ op: "<=", value }) as const;

/** Nothing for numbers of nodes the design does not speak of. */
export function manyNodesNumbers(count: number): ManyNodesNumbers {
  const all = { nodeP99: {}, requests: { target: atMost(14) }, cpu: {}, memory: {}, queue: {} };
  switch (count) {
    case 1:
      return {
        ...all,
        allRunning: { reference: 25.3, target: below(2) },
        requests: { reference: 22, target: atMost(12) },
        memory: { reference: 74 },
      };
    case 50:
      return {
        ...all,
        allRunning: { reference: 24.9, target: below(5) },
        requests: { reference: 29, target: atMost(14) },
        cpu: { reference: 2.3, target: atMost(2.3) },
        memory: { reference: 83 },
      };
    case 200:
      return {
        allRunning: { reference: 61, target: below(15) },
        nodeP99: { target: below(5) },
        requests: { reference: 29, target: atMost(14) },
        cpu: { reference: 12.6, target: atMost(12.6) },
        memory: { reference: 95, target: atMost(128) },
        queue: { target: below(1) },
      };
    case 1000:
      return {
        ...all,
        allRunning: { reference: 222, target: below(75) },
        requests: { reference: 29, target: atMost(14) },
        memory: { reference: 160, target: atMost(200) },
      };
    default:
      return { ...all, allRunning: {} };
  }
}

export function idleNumbers(count: number): IdleNumbers {
  if (count !== 200) return {};
  return { writes: { reference: 400 }, sidecar: { reference: 400 }, cpu: { reference: 1.4 } };
}

/** The reference knows no waves, so nothing is said of the default. Of requests it is half of the reference that is wanted. */
export function rolloutNumbers(count: number, waves: "all" | "default"): RolloutNumbers {
  // Full nodes: a quarter of them, rounded down (issue 5, point 3).
  if (waves === "default")
    return { complete: {}, requests: {}, down: { target: atMost(Math.max(1, Math.floor(count / 4))) } };
  switch (count) {
    case 4:
      return {
        complete: { reference: 5.2, target: below(2) },
        requests: { reference: 93, target: atMost(46.5) },
        down: {},
      };
    case 20:
      return {
        complete: { reference: 5.5, target: below(3) },
        requests: { reference: 356, target: atMost(178) },
        down: {},
      };
    default:
      return { complete: {}, requests: {}, down: {} };
  }
}
