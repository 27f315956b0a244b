/** A hand-made SeiNode workload: the shape of spec/seinode.md section 7 without the controller. */

const sidecarEnvironment = {
  SEI_CHAIN_ID: "sei-test",
  SEI_SIDECAR_PORT: "7777",
  SEI_HOME: "/.sei",
  SEI_GENESIS_BUCKET: "genesis",
  SEI_GENESIS_REGION: "us-east-2",
  SEI_SNAPSHOT_BUCKET: "snapshots",
  SEI_SNAPSHOT_REGION: "us-east-2",
  SEI_SIDECAR_AUTHN_MODE: "trusted-header",
};

const ignoredPaths = "/v0/healthz,/v0/startupz,/v0/livez,/v0/metrics";
const healthz = { httpGet: { path: "/v0/healthz", port: 8443 } };

/** Pod spec as in sections 7.2 and 7.3. `claim` absent: the data volume is an emptyDir. */
export function seiPodSpec(options: { image: string; claim?: string }) {
  const { image, claim } = options;
  const mount = [{ name: "data", mountPath: "/.sei" }];
  return {
    terminationGracePeriodSeconds: 30,
    volumes: [
      {
        name: "data",
        ...(claim === undefined ? { emptyDir: {} } : { persistentVolumeClaim: { claimName: claim } }),
      },
    ],
    initContainers: [
      {
        name: "seid-init",
        image,
        command: ["/bin/sh", "-c", "seid init sei-test --chain-id sei-test"],
        volumeMounts: mount,
      },
      {
        name: "sei-sidecar",
        image: "ghcr.io/sei/seictl:v1",
        restartPolicy: "Always",
        command: ["seictl", "serve"],
        env: Object.entries(sidecarEnvironment).map(([name, value]) => ({ name, value })),
        volumeMounts: mount,
      },
      {
        name: "kube-rbac-proxy",
        image: "quay.io/brancz/kube-rbac-proxy:v0.19.1",
        restartPolicy: "Always",
        args: [`--ignore-paths=${ignoredPaths}`],
        ports: [{ name: "api", containerPort: 8443 }],
        startupProbe: { tcpSocket: { port: 8443 } },
        readinessProbe: healthz,
      },
    ],
    containers: [
      {
        name: "seid",
        image,
        command: ["/bin/bash", "-c", 'exec seid "start" "--home" "$HOME"'],
        ports: [{ name: "rpc", containerPort: 26657 }],
        startupProbe: { ...healthz, failureThreshold: 86400 },
        readinessProbe: { httpGet: { path: "/lag_status", port: 26657 } },
        volumeMounts: mount,
      },
      {
        name: "cosmos-exporter",
        image: "ghcr.io/sei/exporter:v1",
        ports: [{ name: "cosmos-metrics", containerPort: 9300 }],
        readinessProbe: { tcpSocket: { port: 9300 } },
      },
    ],
  };
}

/** Claim, headless Service and StatefulSet of one node. */
export function seiWorkload(name: string, image: string): readonly object[] {
  const labels = { "sei.io/node": name };
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: `data-${name}`, labels },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "gp3-that-does-not-exist",
        resources: { requests: { storage: "10Gi" } },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, labels },
      spec: {
        clusterIP: "None",
        selector: labels,
        publishNotReadyAddresses: true,
        ports: [{ name: "api", port: 8443 }],
      },
    },
    {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name, labels },
      spec: {
        replicas: 1,
        serviceName: name,
        selector: { matchLabels: labels },
        updateStrategy: { type: "OnDelete" },
        template: { metadata: { labels }, spec: seiPodSpec({ image, claim: `data-${name}` }) },
      },
    },
  ];
}
