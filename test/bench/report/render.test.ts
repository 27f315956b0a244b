import assert from "node:assert/strict";
import { test } from "node:test";
import { renderRun } from "./render.ts";
import { verdict } from "./verdict.ts";

test("a run is a table beside the targets, with the requests behind it and what did not end", () => {
  const text = renderRun({
    machine: ["2 CPUs"],
    sections: [
      {
        title: "50 nodes at once",
        figures: [
          { name: "all Running", value: 6.049, unit: "s", reference: 24.9, target: { op: "<", value: 5 } },
          {
            name: "API requests per node",
            value: 12,
            unit: "",
            reference: 29,
            target: { op: "<=", value: 14 },
          },
          { name: "queue latency p99", value: 1, above: 0.1, unit: "s", target: { op: "<", value: 1 } },
          { name: "reconcile p99", value: Number.POSITIVE_INFINITY, above: 60, unit: "s" },
          { name: "RSS", value: undefined, unit: "MiB" },
        ],
        requests: [
          {
            title: "API requests",
            nodes: 50,
            counts: [
              ["patch seinodes/status", 152],
              ["create events", 50],
            ],
          },
        ],
        notes: ["manager 2.10 CPU s"],
      },
      {
        title: "one node",
        figures: [{ name: "created -> Running", value: 0.5, unit: "s" }],
        requests: [{ title: "sidecar requests", nodes: 1, counts: [["GET /", 3]] }],
      },
    ],
    failures: [{ title: "idle", problem: "not within 60 s" }],
  });
  assert.equal(
    text,
    `2 CPUs

50 nodes at once
                          measured  reference  target
  all Running               6.05 s     24.9 s   < 5 s  MISSED
  API requests per node         12         29   <= 14      ok
  queue latency p99      0.10..1 s              < 1 s       ?
  reconcile p99          60..inf s
  RSS                            -

  API requests
                         times  per node
  patch seinodes/status    152      3.04
  create events             50         1
  all                      202      4.04

  manager 2.10 CPU s

one node
                      measured  reference  target
  created -> Running    0.50 s

  sidecar requests
         times
  GET /      3
  all        3

idle
  DID NOT END: not within 60 s
`,
  );
});

test("a bucket that reaches across its target decides nothing, one above it misses it", () => {
  const target = { op: "<", value: 1 } as const;
  const figure = { name: "", unit: "s", target };
  assert.equal(verdict({ ...figure, value: 0.9, above: 0.1 }), "ok");
  assert.equal(verdict({ ...figure, value: 10, above: 0.1 }), "unknown");
  assert.equal(verdict({ ...figure, value: 10, above: 1 }), "MISSED");
  assert.equal(verdict({ ...figure, value: 1 }), "MISSED");
  assert.equal(verdict({ ...figure, target: { op: "<=", value: 1 }, value: 1 }), "ok");
  assert.equal(verdict({ ...figure, value: undefined }), "unknown");
});
