/** An exact image, a glob with `*`, or a pattern. */
export type ImagePattern = string | RegExp;

/**
 * What happens to containers of certain images. Rules act on running containers too, at once.
 * When several match, the newest counts.
 */
export interface ImageScripts {
  /** seid of this image runs and answers nobody, as at an upgrade height: the pod never becomes Ready. */
  halt(pattern: ImagePattern): void;
  /**
   * Containers of this image exit with code 1 when their program starts. A shell gate or the skipped `seid init` of an
   * initialised volume do not start the program, so a seid image crashes once the sidecar is ready.
   */
  crashLoop(pattern: ImagePattern): void;
  /** The registry does not have it: ImagePullBackOff, no imageID. Containers that run already are unaffected. */
  failPull(pattern: ImagePattern): void;
  /** Drops the rules for this pattern (as it was given), or all. */
  clear(pattern?: ImagePattern): void;
}

type Behaviour = "halt" | "crash" | "failPull";

export class ImageRules implements ImageScripts {
  #rules: { pattern: ImagePattern; behaviour: Behaviour }[] = [];
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  halt(pattern: ImagePattern): void {
    this.#add(pattern, "halt");
  }

  crashLoop(pattern: ImagePattern): void {
    this.#add(pattern, "crash");
  }

  failPull(pattern: ImagePattern): void {
    this.#add(pattern, "failPull");
  }

  clear(pattern?: ImagePattern): void {
    this.#rules =
      pattern === undefined ? [] : this.#rules.filter((rule) => String(rule.pattern) !== String(pattern));
    this.#onChange();
  }

  canPull(image: string): boolean {
    return this.#behaviourOf(image) !== "failPull";
  }

  /** What the program of this image does once started. */
  programOf(image: string): "run" | "halt" | "crash" {
    const behaviour = this.#behaviourOf(image);
    return behaviour === undefined || behaviour === "failPull" ? "run" : behaviour;
  }

  #behaviourOf(image: string): Behaviour | undefined {
    return this.#rules.findLast(({ pattern }) => matches(pattern, image))?.behaviour;
  }

  #add(pattern: ImagePattern, behaviour: Behaviour): void {
    this.#rules.push({ pattern, behaviour });
    this.#onChange();
  }
}

function matches(pattern: ImagePattern, image: string): boolean {
  if (pattern instanceof RegExp) return pattern.test(image);
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(image);
}
