/** Builds the credential source of a kubeconfig user or a service account. */
import type { Clock } from "#clock";
import type { AuthInfo } from "../cluster-config-types.ts";
import { CertificatePair } from "./certificate-pair.ts";
import type { Credential, CredentialSource } from "./credential.ts";
import { ExecPluginSource } from "./exec-plugin.ts";
import { Rereader } from "./rereader.ts";

export {
  type Credential,
  CredentialError,
  type CredentialSource,
  sameCertificate,
  sameCredential,
} from "./credential.ts";

/**
 * Precedence as in client-go: a token file over a fixed token, either over the exec plugin; a client certificate goes
 * with any of them, and the plugin's own only counts where the user has none.
 */
export function createCredentialSource(auth: AuthInfo, clock: Clock): CredentialSource {
  const tokenFile = auth.tokenFile === undefined ? undefined : new Rereader(auth.tokenFile, clock);
  const pair = auth.certificate && new CertificatePair(auth.certificate.cert, auth.certificate.key, clock);
  const plugin = auth.exec === undefined ? undefined : new ExecPluginSource(auth.exec, clock);

  return {
    async current(): Promise<Credential> {
      const [token, certificate] = await Promise.all([
        tokenFile === undefined ? auth.token : readToken(tokenFile, auth.token),
        pair?.read(),
      ]);
      const own: Credential = {
        ...(token !== undefined && { token }),
        ...(certificate !== undefined && { certificate }),
      };
      if (plugin === undefined || own.token !== undefined) return own;
      return { ...(await plugin.current()), ...own };
    },
    drop(used) {
      tokenFile?.expire();
      pair?.expire();
      plugin?.drop(used);
    },
    close: () => plugin?.close(),
  };
}

/** The fixed token of a user that also names a file serves until the file can be read. */
async function readToken(file: Rereader, fallback: string | undefined): Promise<string> {
  try {
    return await file.read();
  } catch (error) {
    if (fallback !== undefined) return fallback;
    throw error;
  }
}
