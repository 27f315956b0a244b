import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Flags, parseFlags } from "./flags.ts";

const DEFAULTS: Flags = {
  metricsBindAddress: { host: undefined, port: 8080 },
  healthProbeBindAddress: { host: undefined, port: 8081 },
  leaderElect: true,
  leaderElectionNamespace: "",
  metricsSecure: false,
  metricsCertPath: "",
  metricsCertName: "tls.crt",
  metricsCertKey: "tls.key",
  enableHttp2: false,
  kubeconfig: "",
  log: { level: "info", encoder: "json", stacktraceLevel: "error", timeEncoding: "rfc3339" },
};

function parsed(...args: string[]): Flags {
  const result = parseFlags(args);
  assert.equal(result.kind, "flags", JSON.stringify(result));
  return result.kind === "flags" ? result.flags : assert.fail();
}

function problems(...args: string[]): readonly string[] {
  const result = parseFlags(args);
  return result.kind === "problems" ? result.problems : [];
}

describe("parseFlags", () => {
  it("gives the reference's defaults for an empty command line", () => {
    assert.deepEqual(parsed(), DEFAULTS);
  });

  const accepted: [args: string[], changed: Partial<Flags>][] = [
    [["--leader-elect=false"], { leaderElect: false }],
    [["-leader-elect=false"], { leaderElect: false }],
    [["--leader-elect"], { leaderElect: true }],
    [["--leader-elect=F"], { leaderElect: false }],
    [["--leader-elect=false", "--leader-elect=1"], { leaderElect: true }],
    [["--metrics-bind-address", "0"], { metricsBindAddress: undefined }],
    [["-metrics-bind-address=127.0.0.1:9090"], { metricsBindAddress: { host: "127.0.0.1", port: 9090 } }],
    [["--metrics-bind-address=[::1]:9090"], { metricsBindAddress: { host: "::1", port: 9090 } }],
    [["--health-probe-bind-address=:0"], { healthProbeBindAddress: { host: undefined, port: 0 } }],
    [["--kubeconfig", "/tmp/a b"], { kubeconfig: "/tmp/a b" }],
    [["--kubeconfig=/tmp/x=y"], { kubeconfig: "/tmp/x=y" }],
    [["--kubeconfig="], { kubeconfig: "" }],
    [["--kubeconfig", "-odd"], { kubeconfig: "-odd" }],
    [["--enable-http2=false"], {}],
    [["--metrics-secure", "--metrics-cert-path=/certs"], { metricsSecure: true, metricsCertPath: "/certs" }],
    [
      ["--metrics-cert-name=a.pem", "--metrics-cert-key=b.pem"],
      { metricsCertName: "a.pem", metricsCertKey: "b.pem" },
    ],
    [["--leader-election-namespace=ops"], { leaderElectionNamespace: "ops" }],
    [["--zap-log-level=debug"], { log: { ...DEFAULTS.log, level: "debug" } }],
    [["--zap-log-level=2"], { log: { ...DEFAULTS.log, level: "debug" } }],
    [["-zap-log-level", "ERROR"], { log: { ...DEFAULTS.log, level: "error" } }],
    [["--zap-encoder=console"], { log: { ...DEFAULTS.log, encoder: "console" } }],
    [["--zap-time-encoding=iso8601"], { log: { ...DEFAULTS.log, timeEncoding: "iso8601" } }],
    [["--zap-stacktrace-level=panic"], { log: { ...DEFAULTS.log, stacktraceLevel: "panic" } }],
    [
      ["--zap-devel"],
      { log: { level: "debug", encoder: "console", stacktraceLevel: "info", timeEncoding: "rfc3339" } },
    ],
    [
      ["--zap-devel", "--zap-log-level=info"],
      { log: { ...DEFAULTS.log, encoder: "console", stacktraceLevel: "info" } },
    ],
  ];
  for (const [args, changed] of accepted) {
    it(`accepts ${args.join(" ")}`, () => assert.deepEqual(parsed(...args), { ...DEFAULTS, ...changed }));
  }

  const refused: [args: string[], named: RegExp][] = [
    [["--no-such-flag=1"], /^flag provided but not defined: -no-such-flag$/],
    [["--leader-elect=maybe"], /"maybe" for flag -leader-elect; use true or false/],
    [["--metrics-bind-address=8080"], /"8080" for flag -metrics-bind-address; use :port/],
    [["--metrics-bind-address=:70000"], /":70000"/],
    [["--health-probe-bind-address="], /"" for flag -health-probe-bind-address/],
    [["--kubeconfig"], /^flag needs an argument: -kubeconfig$/],
    [["--zap-log-level=loud"], /"loud" for flag -zap-log-level; use debug, info/],
    [["--zap-log-level=0"], /"0" for flag -zap-log-level/],
    [["--zap-encoder=xml"], /-zap-encoder; use json or console/],
    [["--zap-stacktrace-level=warn"], /-zap-stacktrace-level; use info/],
    [["--zap-time-encoding=stardate"], /-zap-time-encoding; use one of epoch/],
    [["--enable-http2"], /-enable-http2; HTTP\/2 is not served/],
    [["--metrics-secure"], /-metrics-secure; set -metrics-cert-path/],
    [["--health-probe-bind-address=:8080"], /use another port/],
    [["---kubeconfig=x"], /unexpected argument/],
    [["--"], /unexpected argument "--"/],
    [["serve"], /unexpected argument "serve"/],
  ];
  for (const [args, named] of refused) {
    it(`refuses ${args.join(" ")} by name`, () => {
      const found = problems(...args);
      assert.equal(found.length, 1, JSON.stringify(found));
      assert.match(found[0] ?? "", named);
    });
  }

  it("refuses a boolean given as two words, which Go would silently read as true", () => {
    assert.match(
      problems("--leader-elect", "false").join(),
      /unexpected argument "false"; give booleans as --flag=false/,
    );
  });

  it("reports all problems of a command line at once", () => {
    const found = problems(
      "--nope",
      "x",
      "--leader-elect=2",
      "--zap-encoder=xml",
      "--metrics-bind-address=x",
    );
    assert.equal(found.length, 4, JSON.stringify(found));
  });

  it("does not ask for a certificate when secure metrics are turned off by address", () => {
    assert.equal(parsed("--metrics-secure", "--metrics-bind-address=0").metricsSecure, true);
  });

  for (const help of ["-h", "--help", "-help"]) {
    it(`prints usage with every flag for ${help}`, () => {
      const result = parseFlags([help]);
      assert.equal(result.kind, "help");
      for (const name of ["metrics-bind-address", "leader-elect", "zap-time-encoding", "kubeconfig"]) {
        assert.match(result.kind === "help" ? result.usage : "", new RegExp(`--${name}`));
      }
    });
  }

  it("never throws, and answers with flags, help or at least one problem, whatever it is given", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "--leader-elect",
        "-kubeconfig",
        "--zap-log-level",
        "--metrics-bind-address=:1",
        "0",
        "--",
        "-",
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (args) => {
        const result = parseFlags(args);
        if (result.kind === "problems") assert.ok(result.problems.length > 0);
      }),
    );
  });
});
