/** Reads params as a plan holds them: keys in any letter case, because plans of the Go operator carry capitalised ones. */

/** The params can never be accepted as they are. The message names field, value and remedy; it fails the plan (D8). */
export class InvalidParamsError extends Error {
  override readonly name = "InvalidParamsError";
}

/** A string-to-string map, as overrides and tags are. */
export type StringMap = Readonly<Record<string, string>>;

/**
 * Typed access to one params object. Every getter returns `undefined` for an absent, null or empty value (what Go omits),
 * and throws InvalidParamsError when the value has another type.
 */
export class ParamsReader {
  readonly #where: string;
  readonly #exact: Readonly<Record<string, unknown>>;
  readonly #folded = new Map<string, unknown>();

  /** `where` starts every message: `config-apply` or `discover-peers: sources[1]`. */
  constructor(where: string, stored: unknown) {
    this.#where = where;
    if (stored !== undefined && stored !== null && !isRecord(stored)) {
      throw new InvalidParamsError(`${where}: params must be an object, got ${show(stored)}`);
    }
    this.#exact = stored ?? {};
    for (const [key, value] of Object.entries(this.#exact)) this.#folded.set(key.toLowerCase(), value);
  }

  string(key: string): string | undefined {
    const value = this.#get(key);
    if (value === undefined || value === "") return undefined;
    if (typeof value !== "string") throw this.#wrong(key, value, "a string");
    return value;
  }

  requiredString(key: string): string {
    return this.string(key) ?? this.#missing(key);
  }

  boolean(key: string): boolean | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (typeof value !== "boolean") throw this.#wrong(key, value, "true or false");
    return value;
  }

  /** Zero reads as absent, as Go's zero value does. */
  integer(key: string): number | undefined {
    const value = this.#get(key);
    if (value === undefined || value === 0) return undefined;
    // Larger integers would be rounded here and again in the sidecar (sidecar.md 5.1).
    if (!Number.isSafeInteger(value)) throw this.#wrong(key, value, "an integer of at most 2^53-1");
    return Number(value);
  }

  requiredPositive(key: string): number {
    const value = this.integer(key) ?? this.#missing(key);
    if (value <= 0) throw this.#wrong(key, value, "greater than zero");
    return value;
  }

  strings(key: string): string[] | undefined {
    const values = this.#array(key);
    if (values === undefined) return undefined;
    return values.map((value, index) => {
      if (typeof value !== "string" || value === "")
        throw this.#wrong(`${key}[${index}]`, value, "a non-empty string");
      return value;
    });
  }

  /** Keys of the map are data: they keep their letter case. */
  stringMap(key: string): StringMap | undefined {
    const map = this.record(key);
    if (map === undefined) return undefined;
    return Object.fromEntries(
      Object.entries(map).map(([name, value]) => {
        if (typeof value !== "string")
          throw this.#wrong(`${key}[${JSON.stringify(name)}]`, value, "a string (quote it)");
        return [name, value];
      }),
    );
  }

  /** An object passed on untouched. */
  record(key: string): Readonly<Record<string, unknown>> | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (!isRecord(value)) throw this.#wrong(key, value, "an object");
    return Object.keys(value).length === 0 ? undefined : value;
  }

  /** A list of objects, each with its own reader. */
  items(key: string): ParamsReader[] | undefined {
    return this.#array(key)?.map(
      (value, index) => new ParamsReader(`${this.#where}: ${key}[${index}]`, value),
    );
  }

  /** Fails with what `key` must be; use for rules the types do not cover. */
  invalid(key: string, requirement: string): InvalidParamsError {
    return new InvalidParamsError(`${this.#where}: ${key} ${requirement}`);
  }

  #array(key: string): readonly unknown[] | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.#wrong(key, value, "a list");
    return value.length === 0 ? undefined : value;
  }

  #get(key: string): unknown {
    const value = Object.hasOwn(this.#exact, key) ? this.#exact[key] : this.#folded.get(key.toLowerCase());
    return value === null ? undefined : value;
  }

  #missing(key: string): never {
    throw new InvalidParamsError(`${this.#where}: ${key} is required and must not be empty`);
  }

  #wrong(key: string, value: unknown, requirement: string): InvalidParamsError {
    return new InvalidParamsError(`${this.#where}: ${key} must be ${requirement}, got ${show(value)}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
