/** What values of the settings may look like: as the API server would judge them, but at start and by name. */
import type { Check } from "./env-reader.ts";

/** QTY of spec/api.md 3.5. */
const QUANTITY =
  /^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

export const positiveQuantity: Check = (value) => {
  const remedy = "set it to a Kubernetes quantity above zero, for example 4, 500m or 32Gi";
  if (!QUANTITY.test(value)) return { problem: "is not a quantity", remedy };
  const digits = value.replace(/[eE].*$/, "");
  return value.startsWith("-") || !/[1-9]/.test(digits)
    ? { problem: "is not above zero", remedy }
    : undefined;
};

export const dnsLabel: Check = (value) =>
  DNS_LABEL.test(value)
    ? undefined
    : { problem: "is not a DNS label", remedy: "use lower-case letters, digits and dashes, at most 63" };

export const dnsSubdomain: Check = (value) =>
  value.length <= 253 && value.split(".").every((label) => DNS_LABEL.test(label))
    ? undefined
    : {
        problem: "is not a DNS name",
        remedy: "use lower-case letters, digits, dashes and dots, at most 253",
      };

export const labelValue: Check = (value) =>
  LABEL_VALUE.test(value)
    ? undefined
    : {
        problem: "is not a label value",
        remedy: "use letters, digits, dashes, underscores and dots, at most 63",
      };

/** `name` or `prefix/name`, as keys of labels and taints are. */
export const qualifiedName: Check = (value) => {
  const slash = value.indexOf("/");
  const prefixIsFine = slash < 0 || dnsSubdomain(value.slice(0, slash)) === undefined;
  if (prefixIsFine && LABEL_VALUE.test(value.slice(slash + 1))) return undefined;
  return { problem: "is not a taint key", remedy: "use a name, or a DNS name, a slash and a name" };
};

export const image: Check = (value) =>
  /^[^\s]{1,512}$/.test(value)
    ? undefined
    : { problem: "is not an image reference", remedy: "use registry/repository:tag, without white space" };

export const oneWord: Check = (value) =>
  /^\S+$/.test(value) ? undefined : { problem: "contains white space", remedy: "set it to one word" };

export const nlbTargetType: Check = (value) =>
  value === "ip" || value === "instance"
    ? undefined
    : { problem: "is not known", remedy: "set it to ip or instance, or leave it out (ip)" };
