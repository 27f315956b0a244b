import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Mode, settings, templateOf, testGroup, withPublicDomain } from "../testing.ts";
import { renderExternalService, renderHttpRoutes, renderInternalService, renderP2pService } from "./index.ts";

const owner = {
  apiVersion: "sei.io/v1alpha1",
  kind: "SeiNodeDeployment",
  name: "rpc",
  uid: "group-uid",
  controller: true,
  blockOwnerDeletion: true,
};
const groupOf = (mode: Mode) => testGroup({ template: { spec: templateOf(mode) } });

describe("internal Service", () => {
  it("is the same three ports for all nodes of the group, whatever mode and networking are", () => {
    for (const mode of ["fullNode", "archive", "replayer", "validator"] as const) {
      assert.deepEqual(renderInternalService(groupOf(mode)), {
        apiVersion: "v1",
        kind: "Service",
        metadata: {
          name: "rpc-internal",
          namespace: "sei",
          labels: { "sei.io/nodedeployment": "rpc" },
          annotations: { "sei.io/managed-by": "seinodedeployment" },
          ownerReferences: [owner],
        },
        spec: {
          type: "ClusterIP",
          selector: { "sei.io/nodedeployment": "rpc" },
          publishNotReadyAddresses: false,
          ports: [
            { name: "rpc", port: 26657, targetPort: 26657, protocol: "TCP" },
            { name: "evm-http", port: 8545, targetPort: 8545, protocol: "TCP" },
            { name: "rest", port: 1317, targetPort: 1317, protocol: "TCP" },
          ],
        },
      });
    }
  });

  it("selects by the group only, also in mid-rollout", () => {
    const rolling = {
      ...testGroup(),
      status: { rollout: { targetHash: "h", startedAt: "2026-01-01T00:00:00Z", incumbentRevision: "1" } },
    };
    assert.deepEqual(renderInternalService(rolling).spec.selector, { "sei.io/nodedeployment": "rpc" });
  });
});

describe("external Service", () => {
  const portsOf = (mode: Mode) =>
    renderExternalService(groupOf(mode)).spec.ports?.map(({ name, port }) => `${name}:${port}`);

  it("has the six ports of a full node, an archive and a replayer, and never the metrics", () => {
    const six = ["evm-rpc:8545", "evm-ws:8546", "grpc:9090", "rest:1317", "p2p:26656", "rpc:26657"];
    for (const mode of ["fullNode", "archive", "replayer"] as const) assert.deepEqual(portsOf(mode), six);
  });

  it("has only the P2P port of a validator", () => assert.deepEqual(portsOf("validator"), ["p2p:26656"]));

  it("tells the gateway that gRPC is HTTP/2 in clear text, and says so of no other port", () => {
    const told = renderExternalService(testGroup()).spec.ports?.filter(
      (port) => port.appProtocol !== undefined,
    );
    assert.deepEqual(told, [
      { name: "grpc", port: 9090, targetPort: 9090, protocol: "TCP", appProtocol: "kubernetes.io/h2c" },
    ]);
  });

  it("is a ClusterIP of all nodes, controlled by the group, without annotations", () => {
    const { metadata, spec } = renderExternalService(testGroup());
    assert.deepEqual(metadata, {
      name: "rpc-external",
      namespace: "sei",
      labels: { "sei.io/nodedeployment": "rpc" },
      ownerReferences: [owner],
    });
    assert.equal(spec.type, "ClusterIP");
    assert.deepEqual(spec.selector, { "sei.io/nodedeployment": "rpc" });
  });
});

describe("HTTPRoutes", () => {
  const names = (mode: Mode) =>
    renderHttpRoutes(groupOf(mode), settings).map(({ metadata }) => metadata.name);

  it("are four for a full node, an archive and a replayer, in the order evm, rpc, rest, grpc", () => {
    for (const mode of ["fullNode", "archive", "replayer"] as const)
      assert.deepEqual(names(mode), ["rpc-evm", "rpc-rpc", "rpc-rest", "rpc-grpc"]);
  });

  it("are none for a validator", () => assert.deepEqual(names("validator"), []));

  it("have one hostname without a public domain, and with it a second one that has the namespace in it", () => {
    assert.deepEqual(renderHttpRoutes(testGroup(), settings)[1]?.spec.hostnames, ["rpc-rpc.prod.sei.io"]);
    assert.deepEqual(renderHttpRoutes(testGroup(), withPublicDomain)[1]?.spec.hostnames, [
      "rpc-rpc.prod.sei.io",
      "rpc-rpc.sei.public.sei.io",
    ]);
  });

  it("are complete objects: type, owner, label, annotation, the platform's Gateway by name and namespace alone", () => {
    assert.deepEqual(renderHttpRoutes(testGroup(), settings)[2], {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: {
        name: "rpc-rest",
        namespace: "sei",
        labels: { "sei.io/nodedeployment": "rpc" },
        annotations: { "sei.io/managed-by": "seinodedeployment" },
        ownerReferences: [owner],
      },
      spec: {
        parentRefs: [{ name: "sei-gateway", namespace: "gateway" }],
        hostnames: ["rpc-rest.prod.sei.io"],
        rules: [{ backendRefs: [{ name: "rpc-external", port: 1317 }] }],
      },
    });
  });

  it("have one rule, and evm a second one that takes upgrades to WebSocket to the port for them", () => {
    const rules = renderHttpRoutes(testGroup(), settings).map(({ spec }) => spec.rules);
    assert.deepEqual(
      rules.map((list) => list?.length),
      [2, 1, 1, 1],
    );
    assert.deepEqual(rules[0], [
      { backendRefs: [{ name: "rpc-external", port: 8545 }] },
      {
        matches: [{ headers: [{ type: "Exact", name: "Upgrade", value: "websocket" }] }],
        backendRefs: [{ name: "rpc-external", port: 8546 }],
      },
    ]);
  });

  it("leave group and kind of a backend to the API server, which owns them then", () => {
    for (const { spec } of renderHttpRoutes(testGroup(), settings)) {
      for (const { backendRefs = [] } of spec.rules ?? [])
        for (const ref of backendRefs) assert.deepEqual(Object.keys(ref).sort(), ["name", "port"]);
    }
  });
});

describe("P2P Service", () => {
  it("is the load balancer of one node, with the annotations that external-dns and AWS read", () => {
    assert.deepEqual(renderP2pService(testGroup(), 1, settings), {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "rpc-1-p2p",
        namespace: "sei",
        labels: {
          "sei.io/nodedeployment": "rpc",
          "sei.io/component": "p2p-endpoint",
          "sei.io/nodedeployment-ordinal": "1",
        },
        annotations: {
          "sei.io/managed-by": "seinodedeployment",
          "external-dns.alpha.kubernetes.io/hostname": "rpc-1-p2p.pacific-1.p2p.sei.io",
          "service.beta.kubernetes.io/aws-load-balancer-type": "external",
          "service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing",
          "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip",
          "service.beta.kubernetes.io/aws-load-balancer-attributes": "load_balancing.cross_zone.enabled=true",
        },
        ownerReferences: [owner],
      },
      spec: {
        type: "LoadBalancer",
        externalTrafficPolicy: "Local",
        selector: { "sei.io/node": "rpc-1" },
        ports: [{ name: "p2p", port: 26656, targetPort: 26656, protocol: "TCP" }],
        allocateLoadBalancerNodePorts: false,
      },
    });
  });

  it("has node ports for targets by instance, which the field is left unset for", () => {
    const { metadata, spec } = renderP2pService(testGroup(), 0, { ...settings, nlbTargetType: "instance" });
    const annotation = "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type";
    assert.equal(metadata.annotations?.[annotation], "instance");
    assert.equal("allocateLoadBalancerNodePorts" in spec, false);
  });
});
