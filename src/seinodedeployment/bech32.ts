/** Bech32 (BIP 173), as far as it takes to tell a mistyped account address from a good one. */

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const CHECKSUM_LENGTH = 6;

/** Why `text` is no bech32 address with this prefix; `undefined` when it is one. */
export function bech32Problem(text: string, prefix: string): string | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return "mixes upper and lower case";
  const separator = lower.lastIndexOf("1");
  if (separator < 1) return "has no prefix";
  const found = lower.slice(0, separator);
  if (found !== prefix) return `has the prefix ${found}, not ${prefix}`;
  const data = [...lower.slice(separator + 1)].map((char) => ALPHABET.indexOf(char));
  if (data.length <= CHECKSUM_LENGTH) return "is too short";
  if (data.includes(-1)) return "holds a character that bech32 does not use";
  return checksum([...expand(prefix), ...data]) === 1 ? undefined : "has a wrong checksum: it is mistyped";
}

function expand(prefix: string): number[] {
  const codes = [...prefix].map((char) => char.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function checksum(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of GENERATORS.entries()) if ((top >>> bit) & 1) sum ^= generator;
  }
  return sum >>> 0;
}
