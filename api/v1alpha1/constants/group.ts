export const GROUP = "sei.io";
export const VERSION = "v1alpha1";
/** The `apiVersion` of all three kinds. */
export const API_VERSION = `${GROUP}/${VERSION}` as const;
