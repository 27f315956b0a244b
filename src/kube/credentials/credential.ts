/** What the transport needs to know of a credential, and where it gets one. */

/** One usable proof of identity. A new value is a new object; the certificate decides whether sockets can be shared. */
export interface Credential {
  readonly token?: string;
  /** PEM, client certificate chain and its key. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

export interface CredentialSource {
  /** The credential to use now; refreshed as the source knows best. Rejects with CredentialError. */
  current(): Promise<Credential>;
  /** The server answered 401 to `used`: the next `current()` must not come from memory. */
  drop(used: Credential): void;
  /** Stops what still runs. */
  close(): void;
}

/** No credential could be had. Nothing was sent. The message never holds the credential. */
export class CredentialError extends Error {
  override readonly name = "CredentialError";
}

export function sameCredential(a: Credential, b: Credential): boolean {
  return a.token === b.token && sameCertificate(a, b);
}

export function sameCertificate(a: Credential, b: Credential): boolean {
  return a.certificate?.cert === b.certificate?.cert && a.certificate?.key === b.certificate?.key;
}
