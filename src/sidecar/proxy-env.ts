/**
 * HTTP_PROXY and NO_PROXY for plain-HTTP calls, read as Go's httpproxy reads them, because operators write these variables for
 * the Go tools around us. The upper-case name wins over the lower-case one.
 */
import { isIP } from "node:net";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy to use for an absolute `http:` URL, or `undefined` to connect directly. */
export type ProxyResolver = (url: URL) => URL | undefined;

/** Throws, naming the variable, when the proxy URL cannot be used. */
export function createProxyResolver(env: Environment): ProxyResolver {
  const [name, value] = firstSet(env, "HTTP_PROXY", "http_proxy");
  if (value === undefined) return () => undefined;
  const proxy = parseProxy(name, value);
  const bypasses = parseNoProxy(firstSet(env, "NO_PROXY", "no_proxy")[1] ?? "");
  return (url) => {
    const host = url.hostname
      .replace(/^\[|\]$/g, "")
      .replace(/\.$/, "")
      .toLowerCase();
    const port = url.port === "" ? "80" : url.port;
    // Go never sends these through a proxy, whatever NO_PROXY says.
    if (host === "localhost" || host === "::1" || (host.startsWith("127.") && isIP(host) !== 0))
      return undefined;
    return bypasses.some((bypass) => bypass(host, port)) ? undefined : proxy;
  };
}

function firstSet(env: Environment, ...names: [string, string]): [string, string | undefined] {
  const name = names.find((candidate) => (env[candidate] ?? "") !== "") ?? names[0];
  return [name, env[name] === "" ? undefined : env[name]];
}

function parseProxy(name: string, value: string): URL {
  const text = value.includes("://") ? value : `http://${value}`;
  // The value may hold a password: the message does not repeat it.
  if (!URL.canParse(text)) throw new Error(`${name} is not a URL`);
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new Error(`${name}: ${url.protocol}// proxies are not supported, use http:// or https://`);
  }
  return url;
}

type Bypass = (host: string, port: string) => boolean;

function parseNoProxy(list: string): Bypass[] {
  return list
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "")
    .map(parseBypass);
}

function parseBypass(entry: string): Bypass {
  if (entry === "*") return () => true;
  if (entry.includes("/")) return inNetwork(entry);
  const { name, port } = splitPort(entry);
  const onPort = (actual: string) => port === undefined || port === actual;
  if (isIP(name) !== 0) return (host, actual) => host === name && onPort(actual);
  // `.example.com` and `*.example.com` match names below only; `example.com` matches itself, too.
  const below = name.startsWith("*.") ? name.slice(1) : name.startsWith(".") ? name : `.${name}`;
  const itself = below.length === name.length + 1 ? name : undefined;
  return (host, actual) => onPort(actual) && (host === itself || host.endsWith(below));
}

function splitPort(entry: string): { name: string; port?: string } {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(entry);
  const match = bracketed ?? (isIP(entry) === 0 ? /^(.+):(\d+)$/.exec(entry) : null);
  const name = match?.[1] ?? entry;
  return match?.[2] === undefined ? { name } : { name, port: match[2] };
}

function inNetwork(cidr: string): Bypass {
  const slash = cidr.lastIndexOf("/");
  const network = addressBits(cidr.slice(0, slash));
  const length = Number(cidr.slice(slash + 1));
  if (network === undefined || !Number.isInteger(length) || length < 0 || length > network.length)
    return () => false;
  const prefix = network.slice(0, length);
  return (host) => {
    const bits = addressBits(host);
    return bits !== undefined && bits.length === network.length && bits.startsWith(prefix);
  };
}

function addressBits(address: string): string | undefined {
  if (isIP(address) === 4)
    return address
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  if (isIP(address) !== 6) return undefined;
  // The URL parser compresses IPv6 in one canonical way; expand that one.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0"))
    .join("");
}
