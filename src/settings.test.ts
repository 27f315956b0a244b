import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { parseAllDocuments } from "yaml";
import { loadSettings, type Settings, SettingsError, settingsWarnings } from "./settings.ts";

/** The values of the shipped manifest. */
const SHIPPED: Readonly<Record<string, string>> = {
  SEI_NODEPOOL_NAME: "sei-node",
  SEI_NODEPOOL_ARCHIVE: "sei-archive",
  SEI_TOLERATION_KEY: "sei.io/workload",
  SEI_SERVICE_ACCOUNT: "seid-node",
  SEI_STORAGE_CLASS_PERF: "gp3-10k-750",
  SEI_STORAGE_CLASS_DEFAULT: "gp3",
  SEI_STORAGE_CLASS_ARCHIVE: "gp3-archive",
  SEI_STORAGE_SIZE_DEFAULT: "2000Gi",
  SEI_STORAGE_SIZE_ARCHIVE: "40Ti",
  SEI_RESOURCE_CPU_ARCHIVE: "48",
  SEI_RESOURCE_MEM_ARCHIVE: "448Gi",
  SEI_RESOURCE_CPU_DEFAULT: "4",
  SEI_RESOURCE_MEM_DEFAULT: "32Gi",
  SEI_SNAPSHOT_BUCKET: "dev-sei-snapshots",
  SEI_SNAPSHOT_REGION: "us-east-2",
  SEI_RESULT_EXPORT_BUCKET: "dev-sei-shadow-results",
  SEI_RESULT_EXPORT_REGION: "us-east-2",
  SEI_RESULT_EXPORT_PREFIX: "shadow-results/",
  SEI_GENESIS_BUCKET: "dev-sei-k8s-genesis-artifacts",
  SEI_GENESIS_REGION: "us-east-2",
  SEI_GATEWAY_NAME: "sei-gateway",
  SEI_GATEWAY_NAMESPACE: "gateway",
  SEI_GATEWAY_DOMAIN: "prod.platform.sei.io",
  SEI_KUBE_RBAC_PROXY_IMAGE: "quay.io/brancz/kube-rbac-proxy:v0.19.1",
  SEI_SIDECAR_IMAGE: "ghcr.io/sei-protocol/seictl:v0.0.56",
  SEI_COSMOS_EXPORTER_IMAGE: "ghcr.io/sei-protocol/sei-cosmos-exporter:v1.0.0",
};
const SCHEDULING_AND_STORAGE = Object.keys(SHIPPED).filter((name) =>
  /^SEI_(NODEPOOL_|TOLERATION_KEY|SERVICE_ACCOUNT|STORAGE_CLASS_)/.test(name),
);

function problemsOf(env: Readonly<Record<string, string | undefined>>) {
  try {
    loadSettings(env);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.problems;
  }
  return [];
}

describe("loadSettings", () => {
  it("reads the shipped manifest into one frozen value", () => {
    const settings = loadSettings(SHIPPED);
    const expected: Settings = {
      archive: {
        nodepool: "sei-archive",
        storageClass: "gp3-archive",
        storageSize: "40Ti",
        cpu: "48",
        memory: "448Gi",
      },
      standard: {
        nodepool: "sei-node",
        storageClass: "gp3-10k-750",
        storageSize: "2000Gi",
        cpu: "4",
        memory: "32Gi",
      },
      tolerationKey: "sei.io/workload",
      serviceAccount: "seid-node",
      snapshotBucket: { name: "dev-sei-snapshots", region: "us-east-2" },
      genesisBucket: { name: "dev-sei-k8s-genesis-artifacts", region: "us-east-2" },
      sidecarImage: "ghcr.io/sei-protocol/seictl:v0.0.56",
      kubeRbacProxyImage: "quay.io/brancz/kube-rbac-proxy:v0.19.1",
      cosmosExporterImage: "ghcr.io/sei-protocol/sei-cosmos-exporter:v1.0.0",
      gateway: {
        name: "sei-gateway",
        namespace: "gateway",
        domain: "prod.platform.sei.io",
        publicDomain: undefined,
      },
      p2pEndpointDomain: undefined,
      nlbTargetType: "ip",
    };
    assert.deepEqual(settings, expected);
    assert.throws(() => Object.assign(settings.gateway, { name: "x" }), TypeError);
  });

  it("Q-16: finds all it needs in the shipped Deployment, and every variable set there is known", async () => {
    const [deployment] = parseAllDocuments(
      await readFile(new URL("../config/manager/manager.yaml", import.meta.url), "utf8"),
    );
    const variables = deployment?.toJS().spec.template.spec.containers[0].env as {
      name: string;
      value?: string;
    }[];
    const shipped = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
    assert.deepEqual(problemsOf(shipped), []);
    const names = Object.keys(shipped).filter((name) => name.startsWith("SEI_"));
    assert.deepEqual(names.sort(), Object.keys(SHIPPED).sort());
  });

  it("reports every missing variable of an empty environment at once, each by name", () => {
    assert.deepEqual(
      problemsOf({})
        .map(({ variable }) => variable)
        .sort(),
      Object.keys(SHIPPED).sort(),
    );
  });

  for (const variable of Object.keys(SHIPPED)) {
    it(`refuses to start without ${variable}`, () => {
      const [problem, ...others] = problemsOf({ ...SHIPPED, [variable]: undefined });
      assert.equal(problem?.variable, variable);
      assert.equal(problem.problem, "is not set");
      assert.deepEqual(others, []);
    });
  }

  for (const variable of SCHEDULING_AND_STORAGE) {
    it(`D28: renders nothing for ${variable} set to none or empty, and names that remedy when it is not set`, () => {
      for (const value of ["none", "", "  "]) {
        const text = JSON.stringify(loadSettings({ ...SHIPPED, [variable]: value }));
        if (variable !== "SEI_STORAGE_CLASS_DEFAULT")
          assert.ok(!text.includes(`"${SHIPPED[variable]}"`), text);
        assert.ok(!text.includes('"none"'), text);
      }
      const [problem] = problemsOf({ ...SHIPPED, [variable]: undefined });
      assert.equal(problem?.remedy, "set it, or set it to none");
    });
  }

  const refused: [variable: string, value: string, says: RegExp][] = [
    ["SEI_STORAGE_SIZE_DEFAULT", "2000 GB", /"2000 GB" is not a quantity/],
    ["SEI_STORAGE_SIZE_ARCHIVE", "0", /"0" is not above zero/],
    ["SEI_STORAGE_SIZE_ARCHIVE", "-1Gi", /"-1Gi" is not above zero/],
    ["SEI_RESOURCE_CPU_DEFAULT", "0.0e9", /is not above zero/],
    ["SEI_RESOURCE_CPU_ARCHIVE", "four", /"four" is not a quantity/],
    ["SEI_RESOURCE_MEM_DEFAULT", "32GiB", /is not a quantity/],
    ["SEI_RESOURCE_MEM_ARCHIVE", "none", /is not a quantity/],
    ["SEI_RESOURCE_MEM_ARCHIVE", " ", /is empty/],
    ["SEI_NLB_TARGET_TYPE", "node", /"node" is not known; set it to ip or instance/],
    ["SEI_NODEPOOL_NAME", "a pool", /is not a label value/],
    ["SEI_NODEPOOL_ARCHIVE", "x".repeat(64), /is not a label value/],
    ["SEI_TOLERATION_KEY", "a/b/c", /is not a taint key/],
    ["SEI_TOLERATION_KEY", "UPPER.example/x", /is not a taint key/],
    ["SEI_SERVICE_ACCOUNT", "Seid_Node", /is not a DNS name/],
    ["SEI_STORAGE_CLASS_PERF", "gp3/10k", /is not a DNS name/],
    ["SEI_GATEWAY_NAMESPACE", "a.b", /is not a DNS label/],
    ["SEI_GATEWAY_DOMAIN", "https://x", /is not a DNS name/],
    ["SEI_GATEWAY_PUBLIC_DOMAIN", "-x", /is not a DNS name/],
    ["SEI_SIDECAR_IMAGE", "a b", /is not an image reference/],
    ["SEI_COSMOS_EXPORTER_IMAGE", "", /is empty/],
    ["SEI_GENESIS_REGION", "us east", /contains white space/],
  ];
  for (const [variable, value, says] of refused) {
    it(`refuses ${variable}=${JSON.stringify(value.slice(0, 12))} by name`, () => {
      const [problem, ...others] = problemsOf({ ...SHIPPED, [variable]: value });
      assert.deepEqual(others, []);
      assert.match(
        `${problem?.variable}: ${problem?.problem}; ${problem?.remedy}`,
        new RegExp(`^${variable}: `),
      );
      assert.match(`${problem?.problem}; ${problem?.remedy}`, says);
    });
  }

  it("lists several problems in one message, one per line with variable and value", () => {
    assert.throws(
      () => loadSettings({ ...SHIPPED, SEI_NLB_TARGET_TYPE: "x", SEI_SIDECAR_IMAGE: undefined }),
      (error: Error) => {
        assert.equal(error.message.split("\n").length, 2);
        assert.match(error.message, /^SEI_SIDECAR_IMAGE: is not set; set it$/m);
        assert.match(error.message, /^SEI_NLB_TARGET_TYPE: "x" is not known/m);
        return true;
      },
    );
  });

  it("takes the optional ones when they are set", () => {
    const settings = loadSettings({
      ...SHIPPED,
      SEI_GATEWAY_PUBLIC_DOMAIN: "public.sei.io",
      SEI_P2P_ENDPOINT_DOMAIN: " p2p.sei.io ",
      SEI_NLB_TARGET_TYPE: "instance",
    });
    assert.equal(settings.gateway.publicDomain, "public.sei.io");
    assert.equal(settings.p2pEndpointDomain, "p2p.sei.io");
    assert.equal(settings.nlbTargetType, "instance");
  });

  for (const quantity of ["1", "+1", "0.5", ".5", "1.", "100m", "1n", "12E", "1e3", "1E-3", "5k"]) {
    it(`accepts the quantity ${quantity}`, () => {
      assert.equal(loadSettings({ ...SHIPPED, SEI_RESOURCE_CPU_DEFAULT: quantity }).standard.cpu, quantity);
    });
  }
});

describe("settingsWarnings", () => {
  it("says that OTLP is not supported when it is asked for, and nothing otherwise", () => {
    assert.match(settingsWarnings({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://x:4317" }).join(), /not supported/);
    assert.deepEqual(settingsWarnings({}), []);
  });
});
