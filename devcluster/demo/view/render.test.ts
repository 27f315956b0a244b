import assert from "node:assert/strict";
import { test } from "node:test";
import { renderScreen } from "./render.ts";
import { empty, midRollout, midUpgrade } from "./screens.ts";

const terminal = { columns: 100, rows: 40, colour: false };

test("in the middle of an upgrade the screen shows steps, the tree of nodes and pods, and notices", () => {
  assert.equal(
    renderScreen(midUpgrade, { ...terminal, columns: 140 }).join("\n"),
    `Sei operator demo  8.23 s

✔ create SeiNodes  0.59 s
◌ patch spec.image  0.12 s
    +0.04 s  plan built
    +0.11 s  old pod deleted

  NAME         STATE    READY  PLAN                          IMAGE                INFO
✔ archive      Running  True                                 sei:v6.3.0
└─✔ archive-0  Running  True                                 sei:v6.3.0           revision 5d5cbc5d68
◌ rpc-0        Running  False  6/7 observe-image             sei:v6.3.0 → v6.4.0  Updating
└─◌ rpc-0-0    Pending  False                                sei:v6.4.0           revision 6d696496f4
✖ rpc-1        Failed   False  2/8 apply-statefulset failed  → sei:v6.3.0         Stalled: InitializationFailed; signing key ✔, node key ✖

⚠ simulator: a word`,
  );
});

const rolloutTerminal = { ...terminal, columns: 120 };

test("groups hold their nodes, nodes their tasks and pods, as one tree", () => {
  assert.equal(
    renderScreen(midRollout, rolloutTerminal).join("\n"),
    `Sei operator demo  12.0 s

✔ one  0.59 s
    seen on the way
✔ two  0.09 s
✔ three  0.09 s
◌ four  0.12 s
    wave 0: devnet-rpc-1

  NAME                STATE      READY  PLAN                   IMAGE                INFO
✔ archive             Running    True                          sei:v6.3.0
└─✔ archive-0         Running    True                          sei:v6.3.0           revision 5d5cbc5d68
✔ devnet              Ready      True                          sei:v6.3.0           1 of 1 Ready
└─✔ devnet-0          Running    True                          sei:v6.3.0
  └─✔ devnet-0-0      Running    True                          sei:v6.3.0           revision 5d5cbc5d68
◌ devnet-rpc          Upgrading  False  2/3 await-spec-update  → sei:v6.4.0         1 of 2 Ready; RollingOut
├─✔ devnet-rpc-0      Running    True                          sei:v6.3.0
│ ├─◌ restart-seid    Running           RestartSeid                                 Executing
│ └─✔ devnet-rpc-0-0  Running    True                          sei:v6.3.0           revision 5d5cbc5d68
└─◌ devnet-rpc-1      Running    False  6/7 observe-image      sei:v6.3.0 → v6.4.0  Updating
  └─◌ devnet-rpc-1-0  Pending    False                         sei:v6.4.0           revision 6d696496f4`,
  );
});

test("on a low terminal what is over and what is well is folded, until all fits", () => {
  assert.equal(
    renderScreen(midRollout, { ...rolloutTerminal, rows: 16 }).join("\n"),
    `Sei operator demo  12.0 s

✔ two  0.09 s
✔ three  0.09 s
◌ four  0.12 s
    wave 0: devnet-rpc-1

  NAME                STATE      READY  PLAN                   IMAGE                INFO
✔ archive             Running    True                          sei:v6.3.0
✔ devnet              Ready      True                          sei:v6.3.0           1 of 1 Ready
◌ devnet-rpc          Upgrading  False  2/3 await-spec-update  → sei:v6.4.0         1 of 2 Ready; RollingOut
├─✔ devnet-rpc-0      Running    True                          sei:v6.3.0
│ ├─◌ restart-seid    Running           RestartSeid                                 Executing
│ └─✔ devnet-rpc-0-0  Running    True                          sei:v6.3.0           revision 5d5cbc5d68
└─◌ devnet-rpc-1      Running    False  6/7 observe-image      sei:v6.3.0 → v6.4.0  Updating
  └─◌ devnet-rpc-1-0  Pending    False                         sei:v6.4.0           revision 6d696496f4`,
  );
});

test("on a narrow terminal each line is cut at its right end", () => {
  assert.equal(
    renderScreen({ ...midUpgrade, steps: [], notices: [] }, { ...terminal, columns: 30 }).join("\n"),
    `Sei operator demo  8.23 s


  NAME         STATE    READY…
✔ archive      Running  True …
└─✔ archive-0  Running  True …
◌ rpc-0        Running  False…
└─◌ rpc-0-0    Pending  False…
✖ rpc-1        Failed   False…`,
  );
});

test("on a low terminal the end of the screen is shown, which is what happens now", () => {
  assert.equal(
    renderScreen(midUpgrade, { ...terminal, columns: 40, rows: 4 }).join("\n"),
    `└─◌ rpc-0-0  Pending  False            …
✖ rpc-1      Failed   False  2/8 apply-…

⚠ simulator: a word`,
  );
});

test("before anything happened there is only the title", () => {
  assert.deepEqual(renderScreen(empty, terminal), ["Sei operator demo  0.00 s", ""]);
});

test("a pod being replaced by one of another name makes a tree of two branches", () => {
  const [archive] = midUpgrade.nodes;
  const [pod] = archive?.pods ?? [];
  assert.ok(archive && pod);
  const old = { ...pod, name: "archive-1", state: "Terminating", mark: "busy" as const, ready: false };
  const lines = renderScreen({ ...empty, nodes: [{ ...archive, pods: [old, pod] }] }, terminal);
  assert.deepEqual(lines.slice(-2), [
    "├─◌ archive-1  Terminating  False        sei:v6.3.0  revision 5d5cbc5d68",
    "└─✔ archive-0  Running      True         sei:v6.3.0  revision 5d5cbc5d68",
  ]);
});

test("colour adds codes and changes nothing else", () => {
  const coloured = renderScreen(midUpgrade, { ...terminal, colour: true }).join("\n");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes are what is removed
  const bare = coloured.replace(/\u001b\[\d+m/g, "").replace(/ +$/gm, "");
  assert.equal(bare, renderScreen(midUpgrade, terminal).join("\n"));
  assert.ok(coloured.includes("\u001b[32m✔ archive\u001b[0m"));
  assert.ok(coloured.includes("\u001b[31m✖ rpc-1\u001b[0m"));
});
