/** Params of a stored task, read as they are: what the sidecar has accepted is not to be judged again. Pure. */
import { isJsonObject } from "#kube";

/** In any letter case: the reference operator, whose plans we go on with, writes `Overrides`. */
export function storedParam(params: unknown, key: string): unknown {
  if (!isJsonObject(params)) return undefined;
  return Object.entries(params).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}
