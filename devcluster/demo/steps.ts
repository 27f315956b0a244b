/** The steps of the story: what runs, since when, and what was seen on the way. */
import type { Clock } from "#clock";
import type { StepView } from "./view/screen.ts";

interface Step {
  readonly title: string;
  readonly startedAt: number;
  readonly notes: string[];
  state: StepView["state"];
  /** Set at the end. */
  tookMs?: number;
}

export class Steps {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #steps: Step[] = [];

  /** `onChange` is told of each start, note and end, synchronously. */
  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Runs the work as a step. It ends `done` when the work resolves, `failed` when it rejects; the rejection is passed on. */
  async run<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T> {
    const step: Step = { title, startedAt: this.#clock.monotonic(), notes: [], state: "running" };
    this.#steps.push(step);
    this.#onChange();
    const note = (text: string) => {
      step.notes.push(text);
      this.#onChange();
    };
    try {
      const result = await work(note);
      this.#end(step, "done");
      return result;
    } catch (error) {
      this.#end(step, "failed");
      throw error;
    }
  }

  /** The step that runs now. */
  get running(): StepView | undefined {
    return this.views().find(({ state }) => state === "running");
  }

  views(): StepView[] {
    return this.#steps.map(({ title, state, notes, startedAt, tookMs }) => ({
      title,
      state,
      notes: [...notes],
      elapsedMs: tookMs ?? this.#clock.monotonic() - startedAt,
    }));
  }

  #end(step: Step, state: "done" | "failed"): void {
    step.tookMs = this.#clock.monotonic() - step.startedAt;
    step.state = state;
    this.#onChange();
  }
}
