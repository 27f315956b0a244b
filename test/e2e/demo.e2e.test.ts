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

test("DEMO_ONCE=1 plays the upgrade of a halted node, proves its claims and exits 0", async (t) => {
  const demo = new Demo({ DEMO_ONCE: "1" });
  t.after(() => demo.kill());
  assert.equal(await demo.exited, 0, demo.text);
  const steps = demo.lines.filter((line) => line.includes("--- done after"));
  assert.equal(steps.length, 7, demo.text);
  const validated = demo.lines.flatMap((line) => /validator: (.+) validated: /.exec(line)?.[1] ?? []);
  assert.deepEqual(validated, ["signing key", "node key", "operator keyring"], demo.text);
  assert.match(demo.text, /SeiNode validator: .*keys signing key ✔, node key ✔, operator keyring ✔/);
  const closing = demo.lines.slice(demo.lines.findIndex((line) => line.startsWith("How long it took")));
  // Times and uids differ from run to run; so do tasks: a label peer that is up early enough adds discover-peers.
  const shape = closing.map((line) =>
    line
      .replace(/^ +[\d.]+ s/, "<time>")
      .replace(/\b[0-9a-f]{8}\b/g, "<uid>")
      .replace(/\d+ tasks/, "<n> tasks"),
  );
  assert.match(shape.pop() ?? "", /^The demo ran through in [\d.]+ s: all 8 claims hold\.$/);
  assert.deepEqual(shape, [
    "How long it took to carry rpc-0 to ghcr.io/sei-protocol/sei:v6.4.0, from sending the patch:",
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
    "What this proved:",
    "",
    "  ✔ the pod of rpc-0 was replaced although it was not Ready: uid <uid> became <uid>",
    "  ✔ nothing waited for readiness: neither pod nor node was Ready between the halt and the replacement",
    "  ✔ status.currentImage tells the truth: ghcr.io/sei-protocol/sei:v6.4.0, and the new pod has shown that it runs it",
    "  ✔ keys brought by the user were validated before the sidecar got a task: validator (signing key, node key, operator keyring)",
    "  ✔ each sidecar task was sent exactly once: <n> tasks on 4 nodes",
    "  ✔ the pods of the other nodes were left alone: archive, rpc-1, validator",
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
    /^kubectl patch snode (archive|rpc-1|validator) -n sei --type=merge -p '\{.*v6\.4\.0.*\}'$/,
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
