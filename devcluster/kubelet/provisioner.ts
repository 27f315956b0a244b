import { isAlreadyExists, isNotFound } from "#kube";
import type { KubeletApi, LiveClaim } from "./api.ts";

/** Gives each Pending claim a volume that the real binder then binds, and removes the volume after its claim. */
export class Provisioner {
  readonly #api: KubeletApi;
  readonly #onError: (claim: LiveClaim, error: unknown) => void;
  /** Uids of claims a volume was made for, so that further events of the claim cause no request. */
  readonly #provisioned = new Set<string>();

  constructor(api: KubeletApi, onError: (claim: LiveClaim, error: unknown) => void) {
    this.#api = api;
    this.#onError = onError;
  }

  observe(claim: LiveClaim): void {
    const { uid, deletionTimestamp } = claim.metadata;
    if (deletionTimestamp !== undefined || this.#provisioned.has(uid)) return;
    if ((claim.spec?.volumeName ?? "") !== "" || claim.spec?.storageClassName === "") return; // static provisioning
    this.#provisioned.add(uid);
    this.#api.createVolume(claim).catch((error: unknown) => {
      if (isAlreadyExists(error)) return; // made by an earlier simulator
      this.#provisioned.delete(uid);
      this.#onError(claim, error);
    });
  }

  forget(claim: LiveClaim): void {
    this.#provisioned.delete(claim.metadata.uid);
    this.#api.deleteVolume(claim).catch((error: unknown) => {
      if (!isNotFound(error)) this.#onError(claim, error); // not found: a claim on somebody's static volume
    });
  }
}
