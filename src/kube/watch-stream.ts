/**
 * The body of a watch: JSON lines in, events out. Anything that is not a whole, known event ends the stream with an
 * error: the reflector then starts over from a list, which is always right; skipping a line never is.
 */
import type { Clock } from "#clock";
import { ApiError } from "./errors.ts";
import { parseExactMember } from "./exact-json.ts";
import { isJsonObject } from "./json.ts";
import type { DeepReadonly, KubeObject, ResourceType } from "./object.ts";
import { apiVersionOf } from "./object.ts";
import type { WatchEvent } from "./rest-api.ts";
import { type CallFacts, errorFromStatus } from "./status-error.ts";

/** etcd refuses objects over 1.5 MiB; a line far beyond that is not an event. */
const maxLineBytes = 16 << 20;
const maxBusyMs = 8;

/** Lines of a byte stream, without their newline. Rejects when the stream ends inside a line. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, call: CallFacts): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end));
      start = end + 1;
      const line = Buffer.concat(parts).toString("utf8");
      parts = [];
      held = 0;
      if (line.trim() !== "") yield line;
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    held += chunk.length - start;
    if (held > maxLineBytes) throw broken(call, `a line is longer than ${maxLineBytes} bytes`);
  }
  if (held > 0) throw broken(call, "the stream ended in the middle of a line");
}

/** Lets the event loop run when reading kept it busy: a burst of thousands of events must not stall the lease. */
export async function* politely<T>(items: AsyncIterable<T>, clock: Clock): AsyncGenerator<T> {
  let since = clock.monotonic();
  for await (const item of items) {
    yield item;
    if (clock.monotonic() - since < maxBusyMs) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    since = clock.monotonic();
  }
}

/** Throws ApiError for an ERROR event and for a line that is no event. */
export function parseWatchLine<T extends KubeObject>(
  line: string,
  resource: ResourceType<T>,
  call: CallFacts,
): WatchEvent<T> {
  let parsed: ReturnType<typeof parseExactMember>;
  try {
    parsed = parseExactMember(line, "object", call.what);
  } catch (cause) {
    // The parser's message quotes the text; it is kept as the cause only where it cannot hold a Secret.
    throw broken(call, "malformed JSON in the stream", call.sensitive ? undefined : cause);
  }
  const { whole, items } = parsed;
  const type = isJsonObject(whole) ? whole.type : undefined;
  const item = items[0];
  const object = item?.value;
  if (!isJsonObject(object)) throw broken(call, "an event without an object");
  if (type === "ERROR") throw errorFromStatus(call, object);
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED" && type !== "BOOKMARK") {
    throw broken(call, `an event of unknown type "${String(type).slice(0, 40)}"`);
  }
  if (!isJsonObject(object.metadata)) throw broken(call, `a ${type} event without metadata`);
  object.apiVersion ??= apiVersionOf(resource);
  object.kind ??= resource.kind;
  const event: WatchEvent<T> = { type, object: object as unknown as DeepReadonly<T> };
  return item?.error === undefined ? event : { ...event, refused: item.error };
}

function broken(call: CallFacts, words: string, cause?: unknown): ApiError {
  return new ApiError(`${call.what}: ${words}`, { class: "transient", cause });
}
