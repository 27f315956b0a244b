/** Runs a short command to its end and collects what it said. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface RunResult {
  /** undefined when it could not be started, or was killed. */
  code: number | undefined;
  stdout: string;
  stderr: string;
  /** Why there is no code: `spawn go ENOENT`, `killed by SIGTERM`. */
  problem?: string;
}

export interface RunOptions {
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
  /** The command is killed after that. Default: none. */
  timeoutMs?: number;
}

/** Never rejects. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    killSignal: "SIGKILL",
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: options.env }),
    ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs }),
  });
  const end = new Promise<Pick<RunResult, "code" | "problem">>((resolve) => {
    child.once("error", (error) => resolve({ code: undefined, problem: error.message }));
    child.once("close", (code, signal) => {
      if (code === null) resolve({ code: undefined, problem: `killed by ${signal}` });
      else resolve({ code });
    });
  });
  const [stdout, stderr, ended] = await Promise.all([text(child.stdout), text(child.stderr), end]);
  return { stdout, stderr, ...ended };
}
