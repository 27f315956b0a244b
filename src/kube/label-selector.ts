/** Evaluates a label selector here, with the meaning it has at the API server. */

type Labels = Readonly<Record<string, string>> | undefined;
export type LabelMatcher = (labels: Labels) => boolean;

const key = /[A-Za-z0-9./_-]+/.source;
const exists = new RegExp(`^(!?)\\s*(${key})$`);
const equals = new RegExp(`^(${key})\\s*(=|==|!=)\\s*([A-Za-z0-9._-]*)$`);
const inSet = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([A-Za-z0-9._,\\s-]*)\\)$`);

/**
 * Understands `key`, `!key`, `key=value`, `key==value`, `key!=value`, `key in (a,b)` and `key notin (a,b)`, joined by commas.
 * Throws on anything else: a selector misread here would show objects the watch does not, or hide ones it does.
 */
export function parseLabelSelector(selector: string): LabelMatcher {
  // A comma inside parentheses separates values, not requirements.
  const requirements = selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(parseRequirement);
  return (labels) => requirements.every((matches) => matches(labels));
}

/** All pairs are there. */
export function hasLabels(labels: Labels, wanted: Labels): boolean {
  return wanted === undefined || Object.entries(wanted).every(([name, value]) => labels?.[name] === value);
}

function parseRequirement(text: string): LabelMatcher {
  const presence = exists.exec(text);
  if (presence !== null) {
    const [, not = "", name = ""] = presence;
    return (labels) => (labels?.[name] !== undefined) === (not === "");
  }
  const equality = equals.exec(text);
  if (equality !== null) {
    const [, name = "", operator, value] = equality;
    // As in Kubernetes, `!=` and `notin` are also true of an object without the label.
    return (labels) => (labels?.[name] === value) === (operator !== "!=");
  }
  const membership = inSet.exec(text);
  if (membership !== null) {
    const [, name = "", operator, list = ""] = membership;
    const values = new Set<string | undefined>(list.split(",").map((value) => value.trim()));
    return (labels) => values.has(labels?.[name]) === (operator === "in");
  }
  throw new Error(`label selector: cannot read ${JSON.stringify(text)}`);
}
