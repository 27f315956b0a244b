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
