import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock } from "#clock";
import { createLogger, DEFAULT_LOG_OPTIONS, type LogOptions } from "./logger.ts";

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const clock = new ManualClock(Date.UTC(2026, 0, 1) + 123);
  const log = createLogger({ ...DEFAULT_LOG_OPTIONS, ...options }, clock, {
    write: (line) => void lines.push(line),
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown> };
}

describe("createLogger", () => {
  it("writes one JSON line with level as text, ts, logger, msg and the facts", () => {
    const { log, lines } = capture();
    log.child({ logger: "seinode", namespace: "sei" }).info({ name: "a", reconcileId: "r" }, "plan built");
    assert.deepEqual(lines, [
      '{"level":"info","ts":"2026-01-01T00:00:00Z","logger":"seinode","namespace":"sei","name":"a","reconcileId":"r","msg":"plan built"}\n',
    ]);
  });

  it("writes errors under `error` with message, class and stack, and their causes", () => {
    const { log, last } = capture();
    log.error({ error: new Error("apply failed", { cause: new Error("reset") }) }, "reconcile failed");
    const error = last().error as Record<string, unknown>;
    assert.equal(error.message, "apply failed");
    assert.match(String(error.stack), /logger\.test\.ts/);
    assert.deepEqual(error.cause, { message: "reset", name: "Error" });
    log.error({ err: new Error("x") }, "m");
    assert.equal((last().error as Record<string, unknown>).message, "x");
    assert.equal(last().err, undefined);
  });

  it("leaves the stack out below the stack trace level", () => {
    const { log, last } = capture();
    log.info({ error: new Error("x") }, "m");
    assert.deepEqual(last().error, { message: "x", name: "Error" });
  });

  it("never prints what is in a Secret, wherever it hides", () => {
    const { log, lines } = capture();
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "keys", namespace: "sei", annotations: { last: "aGlkZGVu" } },
      data: { "priv_validator_key.json": "aGlkZGVu" },
    };
    log.error({ object: secret, nested: { list: [secret], map: new Map([["x", secret]]) } }, "m");
    log.child({ secret }).info({ all: { kind: "SecretList", items: [secret] } }, "m");
    for (const line of lines) assert.ok(!line.includes("aGlkZGVu"), line);
    assert.ok(lines[0]?.includes('"name":"keys"'));
  });

  it("survives cycles, bigints, functions and bad dates", () => {
    const { log, last } = capture();
    const cycle: Record<string, unknown> = { big: 1n, fn: () => 1, date: new Date(Number.NaN) };
    cycle.self = cycle;
    log.info({ cycle }, "m");
    assert.equal((last().cycle as Record<string, unknown>).big, "1");
  });

  it("keeps quiet below its level", () => {
    const { log, lines } = capture({ level: "error" });
    log.debug({}, "m");
    log.info({}, "m");
    log.warn({}, "m");
    assert.deepEqual(lines, []);
    log.error({}, "m");
    assert.equal(lines.length, 1);
  });

  const encodings: [LogOptions["timeEncoding"], string | number][] = [
    ["epoch", 1_767_225_600.123],
    ["millis", 1_767_225_600_123],
    ["nano", 1_767_225_600_123_000_000],
    ["iso8601", "2026-01-01T00:00:00.123Z"],
    ["rfc3339", "2026-01-01T00:00:00Z"],
    ["rfc3339nano", "2026-01-01T00:00:00.123Z"],
  ];
  for (const [timeEncoding, expected] of encodings) {
    it(`encodes the time as ${timeEncoding}`, () => {
      const { log, last } = capture({ timeEncoding });
      log.info({}, "m");
      assert.equal(last().ts, expected);
    });
  }

  it("prints columns for eyes with the console encoder", () => {
    const { log, lines } = capture({ encoder: "console" });
    log.child({ logger: "setup" }).info({ image: "x:1" }, "resolved sidecar image");
    log.info({}, "bare");
    assert.deepEqual(lines, [
      '2026-01-01T00:00:00Z\tINFO\tsetup\tresolved sidecar image\t{"image":"x:1"}\n',
      "2026-01-01T00:00:00Z\tINFO\tbare\n",
    ]);
  });
});
