/** Kubernetes quantities, compared exactly: sizes of volumes do not fit a double. */

const SUFFIXES: Readonly<Record<string, readonly [base: bigint, exponent: number]>> = {
  Ki: [2n, 10],
  Mi: [2n, 20],
  Gi: [2n, 30],
  Ti: [2n, 40],
  Pi: [2n, 50],
  Ei: [2n, 60],
  n: [10n, -9],
  u: [10n, -6],
  m: [10n, -3],
  "": [10n, 0],
  k: [10n, 3],
  M: [10n, 6],
  G: [10n, 9],
  T: [10n, 12],
  P: [10n, 15],
  E: [10n, 18],
};
const GRAMMAR = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([KMGTPE]i|[numkMGTPE])|[eE]([+-]?\d{1,3}))?$/;
/** Values are held in this many parts of one, so that `n` and nine decimals are exact. */
const NANO_DIGITS = 18;

/** In units of 10^-18; `undefined` when the text is no quantity. */
export function parseQuantity(text: string): bigint | undefined {
  const match = GRAMMAR.exec(text);
  if (match === null) return undefined;
  const [, sign, digits = "", suffix = "", exponent] = match;
  const [whole = "", fraction = ""] = digits.split(".");
  const [base, power] = exponent === undefined ? (SUFFIXES[suffix] ?? [10n, 0]) : [10n, Number(exponent)];
  let value = BigInt(`${whole}${fraction}` || "0");
  let scale = NANO_DIGITS - fraction.length;
  if (base === 2n) value *= 2n ** BigInt(power);
  else scale += power;
  value = scale >= 0 ? value * 10n ** BigInt(scale) : value / 10n ** BigInt(-scale);
  return sign === "-" ? -value : value;
}
