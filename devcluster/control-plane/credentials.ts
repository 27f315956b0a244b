/** Who may talk to this control plane, and the files that say so. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";

export interface Credentials {
  /** `admin` in `system:masters`. */
  adminToken: string;
  /**
   * The user that Kubernetes' own bootstrap roles are made for. Not the admin: with --use-service-account-credentials
   * each controller acts as its own ServiceAccount with its real role, so that a missing permission shows here as it
   * would in production, and the audit log tells the StatefulSet controller's writes from everybody else's.
   */
  controllerManagerToken: string;
  /** For --token-auth-file. */
  tokenFile: string;
  /** Signs ServiceAccount tokens. */
  serviceAccountKey: string;
  /** Verifies them. */
  serviceAccountPublicKey: string;
}

/** Makes fresh secrets; each control plane has its own, so that a request to the wrong one is refused. */
export async function createCredentials(directory: string): Promise<Credentials> {
  const adminToken = randomBytes(24).toString("base64url");
  const controllerManagerToken = randomBytes(24).toString("base64url");
  const { publicKey, privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "sec1", format: "pem" },
  });
  const users = [
    `${adminToken},admin,admin,"system:masters"`,
    `${controllerManagerToken},system:kube-controller-manager,system:kube-controller-manager`,
  ];
  const write = async (name: string, content: string) => {
    const file = join(directory, name);
    await writeFile(file, content, { mode: 0o600 });
    return file;
  };
  return {
    adminToken,
    controllerManagerToken,
    tokenFile: await write("tokens.csv", `${users.join("\n")}\n`),
    serviceAccountKey: await write("service-account.key", privateKey),
    serviceAccountPublicKey: await write("service-account.pub", publicKey),
  };
}

export interface KubeconfigSpec {
  server: string;
  /** PEM. Embedded, so that the file works wherever it is copied to. */
  ca: string;
  user: string;
  token: string;
  namespace?: string;
}

/** Writes a kubeconfig with one cluster, one user and that user's token, readable by us alone. */
export async function writeKubeconfig(file: string, spec: KubeconfigSpec): Promise<void> {
  const name = "devcluster";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name,
        cluster: {
          server: spec.server,
          "certificate-authority-data": Buffer.from(spec.ca).toString("base64"),
        },
      },
    ],
    users: [{ name: spec.user, user: { token: spec.token } }],
    contexts: [
      {
        name,
        context: { cluster: name, user: spec.user, ...(spec.namespace && { namespace: spec.namespace }) },
      },
    ],
    "current-context": name,
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
}
