import assert from "node:assert/strict";
import { test } from "node:test";
import { type ApiErrorClass, isApiError } from "./errors.ts";
import {
  clean,
  errorFromAnswer,
  errorFromNoAnswer,
  errorFromStatus,
  isConnectionLost,
} from "./status-error.ts";

const read = { what: "get Pod ns/a", write: false, sensitive: false };
const write = { ...read, what: "delete Pod ns/a", write: true };
const now = Date.UTC(2026, 0, 1);

const statusText = (code: number, reason: string, rest: object = {}) =>
  JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    message: "words",
    reason,
    code,
    ...rest,
  });
const answer = (status: number, text: string, retryAfter?: string) =>
  errorFromAnswer(read, { status, text, retryAfter }, now);

test("each reason has its class, and 409 is told apart by it", () => {
  const table: [number, string, ApiErrorClass][] = [
    [404, "NotFound", "notFound"],
    [409, "AlreadyExists", "alreadyExists"],
    [409, "Conflict", "conflict"],
    [422, "Invalid", "invalid"],
    [400, "BadRequest", "invalid"],
    [405, "MethodNotAllowed", "invalid"],
    [406, "NotAcceptable", "invalid"],
    [413, "RequestEntityTooLarge", "invalid"],
    [415, "UnsupportedMediaType", "invalid"],
    [403, "Forbidden", "forbidden"],
    [401, "Unauthorized", "unauthorized"],
    [410, "Expired", "expired"],
    [410, "Gone", "expired"],
    [429, "TooManyRequests", "transient"],
    [500, "InternalError", "transient"],
    [500, "ServerTimeout", "transient"],
    [504, "Timeout", "transient"],
    [503, "ServiceUnavailable", "transient"],
  ];
  for (const [code, reason, expected] of table) {
    const error = answer(code, statusText(code, reason));
    assert.deepEqual([error.class, error.status, error.reason], [expected, code, reason]);
    assert.equal(error.message, "get Pod ns/a: words");
  }
});

test("without a reason the code decides", () => {
  const table: [number, ApiErrorClass][] = [
    [302, "invalid"],
    [400, "invalid"],
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "notFound"],
    [408, "transient"],
    [409, "conflict"],
    [410, "expired"],
    [418, "invalid"],
    [422, "invalid"],
    [429, "transient"],
    [500, "transient"],
    [502, "transient"],
    [503, "transient"],
    [504, "transient"],
  ];
  for (const [code, expected] of table) {
    assert.equal(answer(code, statusText(code, "")).class, expected, `Status ${code}`);
    assert.equal(answer(code, "<html>bad gateway</html>").class, expected, `no Status ${code}`);
    assert.doesNotMatch(answer(code, "<html>bad gateway</html>").message, /html/);
  }
});

test("a reason the server invents later falls back to its code", () => {
  assert.equal(answer(409, statusText(409, "SomethingNew")).class, "conflict");
});

test("a uid that does not match is a conflict, whatever the server calls it", () => {
  const details = {
    causes: [{ reason: "FieldValueInvalid", field: "metadata.uid", message: "field is immutable" }],
  };
  assert.equal(answer(422, statusText(422, "Invalid", { details })).class, "conflict");
});

test("causes are kept, half-formed ones as far as they go", () => {
  const causes = [{ field: "spec.x", reason: "FieldValueInvalid", message: "no" }, { field: 7 }, "x"];
  const error = answer(422, statusText(422, "Invalid", { details: { causes } }));
  assert.deepEqual(error.causes, [{ field: "spec.x", reason: "FieldValueInvalid", message: "no" }, {}]);
});

test("Retry-After is read from seconds, a date, or the body, the header first", () => {
  assert.equal(answer(429, "", "3").retryAfterMs, 3_000);
  assert.equal(answer(503, "", "Thu, 01 Jan 2026 00:00:07 GMT").retryAfterMs, 7_000);
  assert.equal(answer(503, "", "Wed, 31 Dec 2025 00:00:00 GMT").retryAfterMs, 0);
  assert.equal(answer(503, "", "soon").retryAfterMs, undefined);
  const body = statusText(429, "TooManyRequests", { details: { retryAfterSeconds: 9 } });
  assert.equal(answer(429, body).retryAfterMs, 9_000);
  assert.equal(answer(429, body, "1").retryAfterMs, 1_000);
});

test("a Retry-After beyond a minute becomes a minute, wherever it stands", () => {
  assert.equal(answer(429, "", "86400").retryAfterMs, 60_000);
  assert.equal(answer(429, "", "9".repeat(400)).retryAfterMs, 60_000);
  assert.equal(answer(503, "", "Fri, 02 Jan 2026 00:00:00 GMT").retryAfterMs, 60_000);
  const body = statusText(429, "TooManyRequests", { details: { retryAfterSeconds: 3_000_000 } });
  assert.equal(answer(429, body).retryAfterMs, 60_000);
});

test("nothing the server says about a sensitive object is repeated", () => {
  const details = {
    causes: [{ field: "data[k]", reason: "FieldValueInvalid", message: "Invalid value: hidden" }],
  };
  const text = statusText(422, "Invalid", { message: 'Secret "s" is invalid: hidden', details });
  const error = errorFromAnswer(
    { ...read, sensitive: true },
    { status: 422, text, retryAfter: undefined },
    now,
  );
  assert.equal(error.message, "get Pod ns/a: the server answered 422 Invalid");
  assert.deepEqual(error.causes, [{ field: "data[k]", reason: "FieldValueInvalid" }]);
});

test("tokens are cut out of messages, and very long messages are cut short", () => {
  const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln";
  assert.equal(clean(`sent Bearer ${"x".repeat(20)} and ${jwt}!`), "sent Bearer [redacted] and [redacted]!");
  assert.equal(clean("the bearer token has expired"), "the bearer token has expired");
  assert.equal(clean("x".repeat(5_000)).length, 2_051);
});

test("an ERROR event without code or words still says something", () => {
  const error = errorFromStatus({ ...read, what: "watch Pod" }, { kind: "Status" });
  assert.ok(isApiError(error, "transient"));
  assert.equal(error.message, "watch Pod: the server answered 0");
});

test("a write that surely was not sent says so, any other says that it may have happened; a read says neither", () => {
  const failure = (code: string) => Object.assign(new Error(`connect ${code} 10.0.0.1:6443`), { code });
  for (const code of [
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "UND_ERR_CONNECT_TIMEOUT",
    "CERT_HAS_EXPIRED",
    "EHOSTUNREACH",
    "ERR_OSSL_X509_KEY_VALUES_MISMATCH",
  ]) {
    const error = errorFromNoAnswer(write, failure(code));
    assert.match(error.message, /; nothing was written$/, code);
    assert.equal(error.notExecuted, true, code);
  }
  for (const code of [
    "ECONNRESET",
    "EPIPE",
    "ETIMEDOUT",
    "UND_ERR_SOCKET",
    "ERR_SSL_X",
    "EPROTO",
    "WHATEVER",
  ]) {
    const error = errorFromNoAnswer(write, failure(code));
    assert.match(error.message, /may or may not have happened$/, code);
    assert.equal(error.notExecuted, false, code);
  }
  // A route can get lost under an open connection, too.
  const midway = Object.assign(failure("EHOSTUNREACH"), { syscall: "read" });
  assert.match(errorFromNoAnswer(write, midway).message, /may or may not have happened$/);
  assert.match(errorFromNoAnswer(write, "not even an error").message, /may or may not have happened$/);
  for (const code of ["ECONNREFUSED", "ECONNRESET", "WHATEVER"]) {
    const error = errorFromNoAnswer(read, failure(code));
    assert.ok(isApiError(error, "transient"));
    assert.doesNotMatch(error.message, /writ|10\.0\.0\.1|6443/);
  }
  assert.equal(isConnectionLost(failure("ECONNRESET")), true);
  assert.equal(isConnectionLost(failure("ECONNREFUSED")), false);
});
