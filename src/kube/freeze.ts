/**
 * Freezes a JSON value with everything in it, in place. A part that is frozen already counts as deeply frozen: objects
 * that share parts are not walked twice, and a value only partly frozen by somebody else is the caller's mistake.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
