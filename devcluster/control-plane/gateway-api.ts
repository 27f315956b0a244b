/** Where the CRDs of the Gateway API come from: the Go module that ships them, as the control plane itself does. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.ts";
import { findGo } from "./toolchain.ts";
import { MODULE_DIR } from "./versions.ts";

/** HTTPRoute v1 is the same since v1.0. Later releases want a newer Go than the control plane does. */
const MODULE = "sigs.k8s.io/gateway-api@v1.5.1";
/** As in a go.sum. */
const CHECKSUM = "h1:RqVRIlkhLhUO8wOHKTLnTJA6o/1un4po4/6M1nRzdd0=";
/** What the operator writes. The rest of the API is for those who run a gateway. */
const FILES = ["gateway.networking.k8s.io_httproutes.yaml"];

const DOWNLOAD_TIMEOUT_MS = 120_000;

type Env = Readonly<Record<string, string | undefined>>;

/** Paths of the CRDs in Go's module cache; the first call on a machine downloads them (2 MB). */
export async function gatewayApiCrds(env: Env = process.env): Promise<readonly string[]> {
  const { command, problem } = await findGo(MODULE_DIR, env);
  if (command === undefined) throw new Error(`The Gateway API's CRDs come as a Go module. ${problem}`);
  // Outside of every module: what is asked for is this one version, and no go.mod is to be changed by it.
  const {
    stdout,
    stderr,
    code,
    problem: killed,
  } = await run(command, ["mod", "download", "-json", MODULE], {
    cwd: tmpdir(),
    env: { ...env, GOWORK: "off", GOFLAGS: "" },
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
  });
  const answer = stdout.trim() === "" ? {} : (JSON.parse(stdout) as Partial<Record<string, string>>);
  const { Dir: folder, Sum: sum } = answer;
  if (code !== 0 || folder === undefined)
    throw new Error(`go mod download ${MODULE}: ${answer.Error ?? killed ?? stderr.trim()}`);
  if (sum !== CHECKSUM) throw new Error(`${MODULE} has the checksum ${sum}, and ${CHECKSUM} is pinned`);
  return FILES.map((file) => join(folder, "config", "crd", "standard", file));
}
