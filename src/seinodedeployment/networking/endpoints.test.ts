import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { SeiNodeDeploymentSpec } from "#api";
import { endpointsOf, internalServiceOf, networkingStatusOf, perPodServicesOf } from "./endpoints.ts";
import { p2pAddress } from "./names.ts";
import { renderHttpRoutes, renderP2pService } from "./render/index.ts";
import { type Mode, settings, templateOf, testGroup, withoutP2pDomain, withPublicDomain } from "./testing.ts";
import { activeTiers } from "./tiers.ts";

type Networking = SeiNodeDeploymentSpec["networking"];
const withNetworking = (networking: Networking, spec: Partial<SeiNodeDeploymentSpec> = {}) =>
  testGroup({ ...spec, ...(networking !== undefined && { networking }) });

describe("tiers", () => {
  const table: [Networking, { http: boolean; tcp: boolean }][] = [
    [undefined, { http: false, tcp: false }],
    [{}, { http: true, tcp: false }],
    [{ http: {} }, { http: true, tcp: false }],
    [{ tcp: {} }, { http: false, tcp: true }],
    [
      { http: {}, tcp: {} },
      { http: true, tcp: true },
    ],
  ];
  for (const [networking, expected] of table) {
    it(`networking ${JSON.stringify(networking) ?? "absent"}: HTTP ${expected.http}, TCP ${expected.tcp}`, () => {
      assert.deepEqual(activeTiers(withNetworking(networking), settings), expected);
    });
  }

  it("TCP is active only where the platform has a P2P domain", () => {
    assert.equal(activeTiers(withNetworking({ tcp: {} }), withoutP2pDomain).tcp, false);
  });
});

describe("p2pAddress", () => {
  const tcp = { tcp: {} };

  it("is made of group, ordinal, the template's chain and the platform's domain, with the port appended", () => {
    assert.equal(p2pAddress(withNetworking(tcp), 5, settings), "rpc-5-p2p.pacific-1.p2p.sei.io:26656");
  });

  it("takes the chain of the genesis when the template has none, and the template's when both have one", () => {
    const genesis = { chainId: "devnet-7" };
    const template = { spec: { ...templateOf("validator"), chainId: "" } };
    assert.equal(
      p2pAddress(withNetworking(tcp, { genesis, template }), 0, settings),
      "rpc-0-p2p.devnet-7.p2p.sei.io:26656",
    );
    assert.equal(
      p2pAddress(withNetworking(tcp, { genesis }), 0, settings),
      "rpc-0-p2p.pacific-1.p2p.sei.io:26656",
    );
  });

  it("is none without a domain, without a chain, or when TCP is not asked for", () => {
    assert.equal(p2pAddress(withNetworking(tcp), 0, withoutP2pDomain), undefined);
    const template = { spec: { ...templateOf("fullNode"), chainId: "" } };
    assert.equal(p2pAddress(withNetworking(tcp, { template }), 0, settings), undefined);
    assert.equal(p2pAddress(withNetworking({ http: {} }), 0, settings), undefined);
    assert.equal(p2pAddress(withNetworking(undefined), 0, settings), undefined);
  });
});

describe("networkingStatusOf", () => {
  it("is absent when networking is, and when both lists would be empty", () => {
    assert.equal(networkingStatusOf(withNetworking(undefined), settings), undefined);
    assert.equal(networkingStatusOf(withNetworking({ tcp: {} }), withoutP2pDomain), undefined);
    const template = { spec: templateOf("validator") };
    assert.equal(networkingStatusOf(withNetworking({ http: {} }, { template }), settings), undefined);
  });

  it("lists four hostnames with one domain and eight with two, in protocol order", () => {
    const routes = (given: typeof settings) =>
      networkingStatusOf(withNetworking({ http: {} }), given)?.routes?.map(
        ({ hostname, protocol }) => `${protocol} ${hostname}`,
      );
    assert.deepEqual(routes(settings), [
      "evm rpc-evm.prod.sei.io",
      "rpc rpc-rpc.prod.sei.io",
      "rest rpc-rest.prod.sei.io",
      "grpc rpc-grpc.prod.sei.io",
    ]);
    assert.equal(routes(withPublicDomain)?.length, 8);
    assert.deepEqual(routes(withPublicDomain)?.slice(0, 2), [
      "evm rpc-evm.prod.sei.io",
      "evm rpc-evm.sei.public.sei.io",
    ]);
  });

  it("lists one P2P address for each replica, and no routes when only TCP is asked for", () => {
    assert.deepEqual(networkingStatusOf(withNetworking({ tcp: {} }, { replicas: 2 }), settings), {
      p2pEndpoints: [
        { ordinal: 0, seiNodeName: "rpc-0", hostname: "rpc-0-p2p.pacific-1.p2p.sei.io:26656" },
        { ordinal: 1, seiNodeName: "rpc-1", hostname: "rpc-1-p2p.pacific-1.p2p.sei.io:26656" },
      ],
    });
  });

  it("says the hostnames that the rendered objects carry, for any group", () => {
    const networking = fc.constantFrom<Networking>(
      undefined,
      {},
      { http: {} },
      { tcp: {} },
      { http: {}, tcp: {} },
    );
    const mode = fc.constantFrom<Mode>("fullNode", "archive", "validator", "replayer");
    const given = fc.constantFrom(settings, withPublicDomain, withoutP2pDomain);
    const replicas = fc.integer({ min: -1, max: 5 });
    fc.assert(
      fc.property(networking, mode, given, replicas, (wanted, kind, platform, count) => {
        const group = withNetworking(wanted, { template: { spec: templateOf(kind) }, replicas: count });
        const tiers = activeTiers(group, platform);
        const told = networkingStatusOf(group, platform);
        const routes = tiers.http ? renderHttpRoutes(group, platform) : [];
        assert.deepEqual(
          told?.routes?.map(({ hostname }) => hostname) ?? [],
          routes.flatMap(({ spec }) => spec.hostnames ?? []),
        );
        for (const { ordinal, hostname } of told?.p2pEndpoints ?? []) {
          const { annotations } = renderP2pService(group, ordinal, platform).metadata;
          assert.equal(`${annotations?.["external-dns.alpha.kubernetes.io/hostname"]}:26656`, hostname);
        }
        assert.equal(told?.p2pEndpoints?.length ?? 0, tiers.tcp ? Math.max(0, count) : 0);
      }),
    );
  });
});

const child = (name: string, ordinal?: string) => ({
  metadata: {
    name,
    namespace: "sei",
    uid: name,
    resourceVersion: "1",
    ...(ordinal !== undefined && { labels: { "sei.io/nodedeployment-ordinal": ordinal } }),
  },
});

describe("perPodServicesOf", () => {
  it("is sorted by ordinal as a number, with gaps kept", () => {
    const children = [child("rpc-10", "10"), child("rpc-2", "2"), child("rpc-0", "0")];
    assert.deepEqual(
      perPodServicesOf(children)?.map(({ name }) => name),
      ["rpc-0", "rpc-2", "rpc-10"],
    );
  });

  it("leaves out children whose ordinal is missing or no decimal number", () => {
    const children = [child("a"), child("b", ""), child("c", "x1"), child("d", "-1"), child("rpc-1", "1")];
    assert.deepEqual(perPodServicesOf(children), [
      { name: "rpc-1", namespace: "sei", ports: { evmHttp: 8545, evmWs: 8546 } },
    ]);
  });

  it("is absent rather than empty", () => {
    assert.equal(perPodServicesOf([]), undefined);
    assert.equal(perPodServicesOf([child("a")]), undefined);
  });
});

describe("endpointsOf", () => {
  const internal = internalServiceOf(testGroup());
  const perPod = perPodServicesOf([child("rpc-1", "1"), child("rpc-0", "0")]);

  it("is absent when nothing was observed", () => assert.equal(endpointsOf(undefined, undefined), undefined));

  it("has the scalars of the internal Service alone", () => {
    assert.deepEqual(endpointsOf(internal, undefined), {
      tendermintRpc: "http://rpc-internal.sei.svc:26657",
      tendermintRest: "http://rpc-internal.sei.svc:1317",
    });
  });

  it("has the URLs of the nodes alone, in the order given", () => {
    assert.deepEqual(endpointsOf(undefined, perPod), {
      nodes: [
        { name: "rpc-0", evmJsonRpc: "http://rpc-0.sei.svc:8545", evmWs: "ws://rpc-0.sei.svc:8546" },
        { name: "rpc-1", evmJsonRpc: "http://rpc-1.sei.svc:8545", evmWs: "ws://rpc-1.sei.svc:8546" },
      ],
    });
    assert.deepEqual(
      endpointsOf(undefined, perPod?.toReversed())?.nodes?.map(({ name }) => name),
      ["rpc-1", "rpc-0"],
    );
  });
});
