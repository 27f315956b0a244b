/** Runs kubectl and hands back what it said. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { KubectlOptions, KubectlResult } from "./contract.ts";

export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<KubectlResult>;

export interface KubectlSetup {
  binary: string;
  kubeconfig: string;
  /**
   * Where kubectl keeps what it learned about the server for six hours. Not in the home folder: there a control plane
   * that once had the same port would speak for ours, and kubectl would not know kinds that exist.
   */
  cacheDir: string;
}

/** Resolves whatever the exit code is; rejects only when kubectl cannot be started. */
export async function runKubectl(
  setup: KubectlSetup,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<KubectlResult> {
  const { binary, kubeconfig, cacheDir } = setup;
  const child = spawn(binary, args, {
    env: {
      ...withoutProxies(process.env),
      KUBECONFIG: options.kubeconfig ?? kubeconfig,
      KUBECACHEDIR: cacheDir,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exit = new Promise<number>((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`start ${binary}: ${error.message}`, { cause: error })));
    child.once("close", (code, signal) => {
      if (code === null) reject(new Error(`kubectl ${args.join(" ")}: killed by ${signal}`));
      else resolve(code);
    });
  });
  // kubectl may end without having read its input (EPIPE); its exit code tells more than that.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { stdout, stderr, code };
}

/** How we put manifests in place: again and again, whoever else has touched them. */
export const SERVER_SIDE_APPLY = [
  "apply",
  "--server-side",
  "--force-conflicts",
  "--field-manager=devcluster",
];

/** Runs kubectl; rejects with its own words when it fails. */
export async function kubectlOrThrow(
  run: Kubectl,
  args: readonly string[],
  options?: KubectlOptions,
): Promise<string> {
  const { stdout, stderr, code } = await run(args, options);
  if (code !== 0)
    throw new Error(`kubectl ${args.join(" ")}: exit code ${code}: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}

/** A proxy from the environment must not get between kubectl and loopback (HTTP_PROXY is how the simulator is reached). */
function withoutProxies(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(https?|all)_proxy$/i.test(name)));
}
