/** A client certificate and its key, which are of use only together. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Clock } from "#clock";
import type { PemSource } from "../cluster-config-types.ts";
import { type Credential, CredentialError } from "./credential.ts";
import { Rereader } from "./rereader.ts";

type Pair = NonNullable<Credential["certificate"]>;
type PemReader = Pick<Rereader, "read" | "expire">;

export class CertificatePair {
  readonly #cert: PemReader;
  readonly #key: PemReader;
  #good: Pair | undefined;

  constructor(cert: PemSource, key: PemSource, clock: Clock) {
    this.#cert = pemReader(cert, clock);
    this.#key = pemReader(key, clock);
  }

  /** Two files are never replaced at one moment: while they do not fit, the last pair that did serves on. */
  async read(): Promise<Pair> {
    const [cert, key] = await Promise.all([this.#cert.read(), this.#key.read()]);
    const good = this.#good;
    if (good?.cert === cert && good.key === key) return good;
    if (fits(cert, key)) {
      this.#good = { cert, key };
      return this.#good;
    }
    // The other half is a matter of moments, and not of the period after which files are read again.
    this.expire();
    if (good !== undefined) return good;
    throw new CredentialError("the client certificate and its key do not belong together");
  }

  /** Makes the next `read` go to the files. */
  expire(): void {
    this.#cert.expire();
    this.#key.expire();
  }
}

function fits(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    // Cut off in the middle, or no PEM at all. What OpenSSL says about it helps nobody, and may quote it.
    return false;
  }
}

function pemReader(source: PemSource, clock: Clock): PemReader {
  if ("file" in source) return new Rereader(source.file, clock);
  return { read: async () => source.data, expire: () => {} };
}
