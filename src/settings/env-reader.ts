/** Reads variables one by one and remembers what is wrong with them, so that all of it can be told at once. */

export interface SettingsProblem {
  readonly variable: string;
  /** Without the variable's name. Carries the value, quoted, when there is one. */
  readonly problem: string;
  readonly remedy: string;
}

/** What is wrong with a value, or undefined. `remedy` says what to set instead. */
export type Check = (value: string) => { readonly problem: string; readonly remedy: string } | undefined;

export class EnvReader {
  readonly problems: SettingsProblem[] = [];
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
  }

  /** Trimmed. An empty string stands in for a value that is missing or wrong: a problem was recorded then. */
  required(variable: string, check: Check): string {
    const value = this.#env[variable]?.trim() ?? "";
    if (value !== "") return this.#checked(variable, value, check) ?? "";
    this.problems.push({
      variable,
      problem: this.#env[variable] === undefined ? "is not set" : "is empty",
      remedy: "set it",
    });
    return "";
  }

  /** `none` or empty: undefined. Not set at all is a problem: it is more often forgotten than meant. */
  orNone(variable: string, check: Check): string | undefined {
    const given = this.#env[variable];
    if (given === undefined) {
      this.problems.push({ variable, problem: "is not set", remedy: "set it, or set it to none" });
      return undefined;
    }
    const value = given.trim();
    return value === "" || value === "none" ? undefined : this.#checked(variable, value, check);
  }

  /** Not set, empty or `none`: undefined. */
  optional(variable: string, check: Check): string | undefined {
    const value = this.#env[variable]?.trim() ?? "";
    return value === "" || value === "none" ? undefined : this.#checked(variable, value, check);
  }

  #checked(variable: string, value: string, check: Check): string | undefined {
    const wrong = check(value);
    if (wrong === undefined) return value;
    this.problems.push({
      variable,
      problem: `${JSON.stringify(value)} ${wrong.problem}`,
      remedy: wrong.remedy,
    });
    return undefined;
  }
}
