import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createProxyResolver } from "./proxy-env.ts";

const SIDECAR = "http://rpc-0-0.rpc-0.sei.svc.cluster.local:8443/v0/healthz";
const resolve = (env: Record<string, string>, url = SIDECAR) => createProxyResolver(env)(new URL(url))?.href;

test("no proxy variable, or an empty one, means direct", () => {
  assert.equal(resolve({}), undefined);
  assert.equal(resolve({ HTTP_PROXY: "", NO_PROXY: "*" }), undefined);
  assert.equal(resolve({ HTTPS_PROXY: "http://p:1" }), undefined, "calls are plain HTTP");
});

test("the upper-case name wins, an empty one counts as unset, a missing scheme is http", () => {
  assert.equal(resolve({ HTTP_PROXY: "http://a:1", http_proxy: "http://b:1" }), "http://a:1/");
  assert.equal(resolve({ HTTP_PROXY: "", http_proxy: "b:8080" }), "http://b:8080/");
});

test("a value that is no usable proxy is refused by the variable's name, without repeating a password", () => {
  assert.throws(
    () => createProxyResolver({ HTTP_PROXY: "http://me:hunter2@[" }),
    (error: Error) => {
      assert.match(error.message, /^HTTP_PROXY is not a URL/);
      return !error.message.includes("hunter2");
    },
  );
  assert.throws(
    () => createProxyResolver({ http_proxy: "socks5://p:1" }),
    /http_proxy: socks5:\/\/ proxies are not supported/,
  );
});

test("loopback is never proxied", () => {
  for (const url of ["http://localhost:1/", "http://127.0.0.1:1/", "http://127.9.9.9/", "http://[::1]:1/"]) {
    assert.equal(resolve({ HTTP_PROXY: "p:1" }, url), undefined, url);
  }
  assert.notEqual(resolve({ HTTP_PROXY: "p:1" }, "http://127.example.com/"), undefined);
});

describe("NO_PROXY", () => {
  const cases: [noProxy: string, url: string, direct: boolean][] = [
    ["*", SIDECAR, true],
    [".svc.cluster.local", SIDECAR, true],
    ["svc.cluster.local", SIDECAR, true],
    ["*.svc.cluster.local", SIDECAR, true],
    ["SVC.Cluster.Local", SIDECAR, true],
    ["cluster.local:8443", SIDECAR, true],
    ["cluster.local:80", SIDECAR, false],
    ["uster.local", SIDECAR, false],
    [" other , cluster.local ,", SIDECAR, true],
    ["example.com", "http://example.com/", true],
    [".example.com", "http://example.com/", false],
    ["example.com", "http://example.com./", true],
    ["example.com:80", "http://example.com/", true],
    ["10.0.0.0/8", "http://10.1.2.3:8443/", true],
    ["10.0.0.0/8", "http://11.1.2.3:8443/", false],
    ["10.0.0.0/33", "http://10.1.2.3/", false],
    ["10.0.0.0/8", "http://10.example.com/", false],
    ["10.1.2.3", "http://10.1.2.3:8443/", true],
    ["10.1.2.3:80", "http://10.1.2.3:8443/", false],
    ["fd00::/8", "http://[fd12::7]:8443/", true],
    ["fd00::/8", "http://[fe80::7]:8443/", false],
    ["fd12::7", "http://[fd12::7]/", true],
    ["[fd12::7]:8443", "http://[fd12::7]:8443/", true],
    ["::/0", "http://10.1.2.3/", false],
    ["", SIDECAR, false],
  ];
  for (const [noProxy, url, direct] of cases) {
    test(`"${noProxy}" ${direct ? "matches" : "does not match"} ${url}`, () => {
      assert.equal(resolve({ HTTP_PROXY: "p:1", NO_PROXY: noProxy }, url) === undefined, direct);
    });
  }
});
