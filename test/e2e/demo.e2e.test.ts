/** `make demo` as a user runs it: a process with output, an exit code, and nothing left behind. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

class Demo {
  readonly lines: string[] = [];
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #ended = false;

  constructor(env: Readonly<Record<string, string>> = {}) {
    const { DEMO_ONCE: _, ...inherited } = process.env;
    const child = spawn(process.execPath, ["devcluster/demo/main.ts"], {
      cwd: ROOT,
      env: { ...inherited, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      this.lines.push(line);
      this.#tell();
    });
    this.exited = new Promise((resolve) =>
      child.once("close", (code) => {
        this.#ended = true;
        this.#tell();
        resolve(code);
      }),
    );
  }

  get text(): string {
    return this.lines.join("\n");
  }

  /** Resolves with the first line that matches; rejects with all of them when the demo ends without. */
  line(pattern: RegExp): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = () => {
      const found = this.lines.find((line) => pattern.test(line));
      if (found !== undefined) resolve(found);
      else if (this.#ended) reject(new Error(`the demo ended without ${pattern}:\n${this.text}`));
      else return;
      this.#waiting.delete(look);
    };
    this.#waiting.add(look);
    look();
    return promise;
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #tell(): void {
    for (const look of this.#waiting) look();
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

test("DEMO_ONCE=1 plays the whole story, proves its claims and exits 0", async (t) => {
  const demo = new Demo({ DEMO_ONCE: "1" });
  t.after(() => demo.kill());
  assert.equal(await demo.exited, 0, demo.text);
  const steps = demo.lines.filter((line) => line.includes("--- done after"));
  assert.equal(steps.length, 12, demo.text);
  const validated = demo.lines.flatMap((line) => /pacific-validator: (.+) validated: /.exec(line)?.[1] ?? []);
  assert.deepEqual(validated, ["signing key", "node key", "operator keyring"], demo.text);
  assert.match(demo.text, /SeiNode pacific-validator: .*keys signing key ✔, node key ✔, operator keyring ✔/);
  assert.equal(demo.lines.filter((line) => line.includes("handed in its identity")).length, 4, demo.text);
  assert.match(demo.text, /wave 0: devnet-rpc-0, devnet-rpc-1, devnet-rpc-2 /);
  for (const node of ["devnet-rpc-0", "devnet-rpc-1", "devnet-rpc-2"]) {
    assert.match(demo.text, new RegExp(`  Pod ${node}-0: state Terminating`));
    assert.match(demo.text, new RegExp(`\\+[\\d.]+ s {2}${node}: node Ready on the new image`));
  }
  assert.match(demo.text, /SeiNodeTask restart-seid: .*phase Complete, reason TaskComplete, ready True/);
  const closing = demo.lines.slice(demo.lines.findIndex((line) => line.startsWith("How long it took")));
  // Times and uids differ from run to run, and so does which node is first; so do tasks: a label peer that is up early
  // enough adds discover-peers.
  const shape = closing.map((line) =>
    line
      .replace(/^ +[\d.]+ s/, "<time>")
      .replace(/^(<time> {2}devnet-rpc-)\d/, "$1<n>")
      .replace(/\b[0-9a-f]{8}\b/g, "<uid>")
      .replace(/\d+ tasks/, "<n> tasks"),
  );
  assert.match(shape.pop() ?? "", /^The demo ran through in [\d.]+ s: all 13 claims hold\.$/);
  const rollout = shape.splice(
    shape.findIndex((line) => line.startsWith("<time>  devnet-rpc")),
    6,
  );
  assert.deepEqual(rollout.sort(), [
    ...Array.from({ length: 3 }, () => "<time>  devnet-rpc-<n>: node Ready on the new image"),
    ...Array.from({ length: 3 }, () => "<time>  devnet-rpc-<n>: old pod deleted"),
  ]);
  assert.deepEqual(shape, [
    "How long it took to carry pacific-rpc to ghcr.io/sei-protocol/sei:v6.4.0, from sending the patch:",
    "",
    "<time>  plan built",
    "<time>  old pod deleted",
    "<time>  old pod gone",
    "<time>  new pod created",
    "<time>  new pod started",
    "<time>  observe-image: status.currentImage is the new image",
    "<time>  mark-ready: the new pod's sidecar may start seid",
    "<time>  plan settled",
    "<time>  node Ready on the new image",
    "",
    "How long it took to carry the 3 nodes of devnet-rpc to ghcr.io/sei-protocol/sei:v6.4.0, from sending the patch:",
    "",
    "",
    "What this proved:",
    "",
    "  ✔ keys brought by the user were validated before the sidecar got a task: pacific-validator (signing key, node key, operator keyring)",
    "  ✔ the genesis of devnet-7 was assembled exactly once, by devnet-0, and is that of all 4 validators",
    "  ✔ devnet-rpc-0, devnet-rpc-1, devnet-rpc-2 found their peers by label: devnet-0, devnet-1, devnet-2, devnet-3",
    `  ✔ halted pods were replaced although they were not Ready: ${["pacific-rpc", "devnet-rpc-0", "devnet-rpc-1", "devnet-rpc-2"].map((node) => `${node} (uid <uid> became <uid>)`).join(", ")}`,
    "  ✔ each old pod was deleted exactly once, and no other pod: pacific-rpc-0, devnet-rpc-0-0, devnet-rpc-1-0, devnet-rpc-2-0",
    "  ✔ nothing waited for readiness: no such pod or node was Ready between its halt and its replacement",
    "  ✔ status.currentImage tells the truth: ghcr.io/sei-protocol/sei:v6.4.0, and each new pod has shown that it runs it",
    "  ✔ the rollout cost no capacity: at most 3 pods were down at once, the 3 that had halted",
    "  ✔ RestartSeid was POSTed once to devnet-rpc-0: seid started once more in the same pod and serves RPC again",
    "  ✔ each sidecar task was sent exactly once: <n> tasks on 11 nodes",
    "  ✔ the pods of the other nodes were left alone: pacific-archive, pacific-full, pacific-validator, devnet-0, devnet-1, devnet-2, devnet-3",
    "  ✔ the manager did it under its shipped roles: no request of it was refused (no 403)",
    "  ✔ never did two seid processes share a volume",
    "",
  ]);
});

test("without DEMO_ONCE the cluster stays usable until Ctrl-C, then everything is gone and the exit code is 0", async (t) => {
  const demo = new Demo();
  t.after(() => demo.kill());
  const line = await demo.line(/^export KUBECONFIG=/);
  const kubeconfig = /KUBECONFIG=(\S+)/.exec(line)?.[1] ?? "";
  await demo.line(/Ctrl-C stops everything/);
  assert.ok(await exists(kubeconfig));
  const patch = await demo.line(/^kubectl patch snode /);
  assert.match(
    patch,
    /^kubectl patch snode pacific-(archive|full|validator) -n sei --type=merge -p '\{.*v6\.4\.0.*\}'$/,
  );
  demo.interrupt();
  assert.equal(await demo.exited, 0);
  assert.equal(await exists(kubeconfig), false);
});

test("Ctrl-C in the middle of the story ends it with 130 and leaves nothing running", async (t) => {
  const demo = new Demo();
  t.after(() => demo.kill());
  await demo.line(/--- install the CRDs/);
  demo.interrupt();
  assert.equal(await demo.exited, 130, demo.text);
  assert.ok(!demo.text.includes("How long it took"));
  assert.equal(demo.lines.at(-1), "Stopping ...");
});
