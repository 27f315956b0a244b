/**
 * Checks the shape of a key file of seid: JSON with non-empty texts at given places. Whether the keys fit together is
 * not checked: no crypto is done with somebody's keys here.
 */
import { isJsonObject } from "#kube";
import type { SecretData } from "./read-secret.ts";
import { invalid, type KeyVerdict, valid } from "./verdict.ts";

/** `fields` are dotted paths of texts that must not be empty, looked at in this order. */
export function checkKeyFile(
  secretName: string,
  data: SecretData,
  file: string,
  fields: readonly string[],
): KeyVerdict {
  const content = data.get(file);
  const remedy = `put the whole ${file} of the validator into the Secret`;
  const where = `data key ${file} of Secret ${secretName}`;
  if (content === undefined) return invalid(`Secret ${secretName} has no data key ${file}; ${remedy}`);
  if (content.length === 0) return invalid(`${where} is empty; ${remedy}`);
  const parsed = parse(content);
  if (parsed === undefined) return invalid(`${where} is not valid JSON; ${remedy}`);
  const missing = fields.find((field) => !isText(valueAt(parsed.value, field.split("."))));
  if (missing !== undefined) return invalid(`${where} is missing ${missing}; ${remedy}`);
  return valid(`${where} has the shape it needs`);
}

/** The parser's own message is dropped: it quotes the text. */
function parse(content: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(content.toString("utf8")) };
  } catch {
    return undefined;
  }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, field) => (isJsonObject(inner) && Object.hasOwn(inner, field) ? inner[field] : undefined),
    value,
  );
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
