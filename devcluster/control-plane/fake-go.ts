/** A `go` for tests: says a version, "builds" shell scripts that answer like the real binaries, and counts its builds. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface FakeGo {
  /** PATH with this `go` in front of the few tools its script needs. */
  path: string;
  /** The arguments of each `go build` so far. */
  builds(): Promise<string[]>;
}

export interface FakeGoOptions {
  version?: string;
  /** What a built binary does. Default: it says a version. */
  binary?: string;
  /** Shell lines that `go build` runs first. */
  build?: string;
}

export async function createFakeGo(folder: string, options: FakeGoOptions = {}): Promise<FakeGo> {
  const bin = join(folder, "fake-go");
  const builds = join(folder, "builds");
  await mkdir(bin, { recursive: true });
  await writeFile(builds, "");
  const script = `#!/bin/sh
case "$1 $2" in
"env GOVERSION") echo ${options.version ?? "go1.99.0"} ;;
"env GOCACHE") echo "${folder}/gocache"; echo "${folder}/gomodcache" ;;
build*)
  echo "$*" >>"${builds}"
  echo "example.com/compiled" >&2
  ${options.build ?? ":"}
  while [ "$1" != -o ]; do shift; done
  out=$2; shift 2
  for package; do
    name=\${package##*/}
    [ "$name" = v3 ] && name=server
    printf '#!/bin/sh\\n${options.binary ?? "echo v1.2.3"}\\n' >"$out$name"
    chmod +x "$out$name"
  done ;;
*) echo "unexpected: go $*" >&2; exit 2 ;;
esac
`;
  await writeFile(join(bin, "go"), script);
  await chmod(join(bin, "go"), 0o755);
  return {
    path: `${bin}:/usr/bin:/bin`,
    builds: async () => (await readFile(builds, "utf8")).split("\n").filter((line) => line !== ""),
  };
}
