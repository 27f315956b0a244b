import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { SeiNodeSpec } from "#api";
import { ManualClock } from "#clock";
import { type ApiError, type Client, findCondition, type KubeObject } from "#kube";
import type { TaskOutcome } from "#plan";
import { apiError, FakeClient } from "../../../kube/testing/fake-client.ts";
import { openPass, type Pass } from "../../pass.ts";
import { seiNode } from "../../testing.ts";
import { keyringFiles, nodeKeyJson, secret, signingKeyJson } from "./testing.ts";
import { validateNodeKey, validateOperatorKeyring, validateSigningKey } from "./validate-keys.ts";

type Validator = NonNullable<SeiNodeSpec["validator"]>;
type Validate = (runtime: { client: Client }, pass: Pass) => Promise<TaskOutcome>;

const keyringSource = {
  secretName: "keyring",
  keyName: "node_admin",
  passphraseSecretRef: { secretName: "passphrase", key: "word" },
};
const validator: Validator = {
  signingKey: { secret: { secretName: "signing" } },
  nodeKey: { secret: { secretName: "node" } },
  operatorKeyring: { secret: keyringSource },
};
const passphrase = secret("passphrase", { word: "LEAKwordLEAK" });
const withKeyring = (data: Record<string, string> | undefined, metadata = {}) => [
  secret("keyring", data, metadata),
  passphrase,
];
const keyed = (change: Partial<typeof keyringSource>): Validator => ({
  ...validator,
  operatorKeyring: { secret: { ...keyringSource, ...change } },
});

interface Judged {
  readonly outcome: TaskOutcome;
  /** `Status/Reason` of the condition. */
  readonly told: string;
  readonly message: string;
}

function passOf(spec: Validator, conditions: Pass["status"]["conditions"] = []): Pass {
  const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
  return openPass({ clock: new ManualClock() }, "sei/rpc-0", seiNode({ validator: spec }, { conditions }), {
    signal: new AbortController().signal,
    log,
  });
}

async function judge(
  validate: Validate,
  type: string,
  client: Client,
  spec: Validator = validator,
): Promise<Judged> {
  const pass = passOf(spec);
  const outcome = await validate({ client }, pass);
  const condition = findCondition(pass.status.conditions, type);
  const message = condition?.message ?? "";
  assert.doesNotMatch(JSON.stringify([outcome, pass.status]), /LEAK/i, "no part of a Secret is told");
  return { outcome, told: `${condition?.status}/${condition?.reason}`, message };
}

const world = (...objects: KubeObject[]) => new FakeClient().put(...objects).client;

function failing(error: ApiError): Client {
  const { client } = new FakeClient();
  return { ...client, live: { ...client.live, get: () => Promise.reject(error) } };
}

interface Suite {
  readonly name: string;
  readonly type: string;
  readonly validate: Validate;
  readonly good: readonly KubeObject[];
  /** A Secret of it and all others that are needed beside. */
  readonly secretNames: readonly string[];
  readonly malformed: readonly [situation: string, objects: readonly KubeObject[], says: RegExp][];
}

const file = (name: string, key: string, content: unknown) =>
  secret(name, { [key]: typeof content === "string" ? content : JSON.stringify(content) });

function fileRows(name: string, key: string, good: object, fields: readonly string[]): Suite["malformed"] {
  const one = (content: unknown) => [file(name, key, content)];
  const without = fields.flatMap((field): [string, readonly KubeObject[], RegExp][] => {
    const says = new RegExp(`missing ${field.replace(".", "\\.")}`);
    return [
      [`whose ${field} is empty`, one(changed(good, field, "")), says],
      [`whose ${field} is absent`, one(changed(good, field, undefined)), says],
      [`whose ${field} is no text`, one(changed(good, field, 7)), says],
    ];
  });
  return [
    ["without data", [secret(name, undefined)], /has no data key/],
    ["without the data key", [secret(name, { other: "LEAK" })], new RegExp(`has no data key ${key}`)],
    ["with an empty data key", one(""), /is empty/],
    ["that is not JSON", one("{LEAK"), /not valid JSON/],
    ["that is null", one("null"), /missing/],
    ["that is a list", one("[]"), /missing/],
    ...without,
  ];
}

function changed(value: object, path: string, to: unknown): object {
  const [head = "", ...rest] = path.split(".");
  const inner = (value as Record<string, unknown>)[head];
  return { ...value, [head]: rest.length === 0 ? to : changed(inner as object, rest.join("."), to) };
}

const suites: readonly Suite[] = [
  {
    name: "SigningKey",
    type: "SigningKeyReady",
    validate: validateSigningKey,
    good: [file("signing", "priv_validator_key.json", signingKeyJson)],
    secretNames: ["signing"],
    malformed: fileRows("signing", "priv_validator_key.json", signingKeyJson, [
      "address",
      "pub_key.type",
      "pub_key.value",
      "priv_key.type",
      "priv_key.value",
    ]),
  },
  {
    name: "NodeKey",
    type: "NodeKeyReady",
    validate: validateNodeKey,
    good: [file("node", "node_key.json", nodeKeyJson)],
    secretNames: ["node"],
    malformed: fileRows("node", "node_key.json", nodeKeyJson, ["priv_key.type", "priv_key.value"]),
  },
  {
    name: "OperatorKeyring",
    type: "OperatorKeyringReady",
    validate: validateOperatorKeyring,
    good: withKeyring(keyringFiles),
    secretNames: ["keyring", "passphrase"],
    malformed: [
      ["without data", withKeyring(undefined), /no \*\.info/],
      ["without a *.info key", withKeyring({ "LEAK.address": "x" }), /no \*\.info/],
      [
        "with an empty *.info key beside the good one",
        withKeyring({ ...keyringFiles, "LEAK.info": "" }),
        /\*\.info data key whose value is empty/,
      ],
      ["without the index", withKeyring({ "node_admin.info": "LEAK" }), /no \*\.address/],
      [
        "that lacks the entry to sign with",
        withKeyring({ "other.info": "LEAK", "4c.address": "LEAK" }),
        /has no data key node_admin\.info.*keyName/,
      ],
      [
        "whose passphrase Secret lacks the key",
        [secret("keyring", keyringFiles), secret("passphrase", { other: "LEAK" })],
        /data key word of Secret passphrase is missing/,
      ],
      [
        "whose passphrase is empty",
        [secret("keyring", keyringFiles), secret("passphrase", { word: "" })],
        /data key word of Secret passphrase is empty/,
      ],
    ],
  },
];

for (const { name, type, validate, good, secretNames, malformed } of suites) {
  describe(name, () => {
    test("a good one is validated, and the plan goes on", async () => {
      const { outcome, told } = await judge(validate, type, world(...good));
      assert.deepEqual(outcome, { state: "complete" });
      assert.equal(told, `True/${name}Validated`);
    });

    for (const missing of secretNames) {
      const others = good.filter(({ metadata }) => metadata.name !== missing);
      const own = good.filter(({ metadata }) => metadata.name === missing);

      test(`Secret ${missing} that does not exist is waited for by name, and validated once it is there`, async () => {
        const fake = new FakeClient().put(...others);
        const { outcome, told, message } = await judge(validate, type, fake.client);
        assert.equal(told, `False/${name}NotReady`);
        assert.match(message, new RegExp(`Secret ${missing} does not exist; create it in namespace sei`));
        assert.ok(outcome.state === "running");
        assert.match(outcome.waitingFor ?? "", new RegExp(`Secret ${missing}`));
        assert.equal(outcome.pollAfterMs, 5_000);
        const late = await judge(validate, type, fake.put(...own).client);
        assert.equal(late.told, `True/${name}Validated`);
        assert.deepEqual(fake.writes, []);
      });

      test(`Secret ${missing} that is being deleted is waited for`, async () => {
        const deletionTimestamp = "2026-01-01T00:00:00Z";
        const leaving = own.map((object) => ({
          ...object,
          metadata: { ...object.metadata, deletionTimestamp },
        }));
        const { outcome, told, message } = await judge(validate, type, world(...others, ...leaving));
        assert.equal(told, `False/${name}NotReady`);
        assert.equal(outcome.state, "running");
        assert.match(message, new RegExp(`Secret ${missing} is being deleted`));
      });

      test(`D20: Secret ${missing} is read live, whatever the cache shows`, async () => {
        const fake = new FakeClient().put(...good);
        for (const object of own) {
          const { namespace = "", name: secretName } = object.metadata;
          fake.cacheShows("Secret", { namespace, name: secretName }, undefined);
        }
        assert.equal((await judge(validate, type, fake.client)).told, `True/${name}Validated`);
      });
    }

    for (const [error, says] of [
      [apiError("transient", 500), /cannot be read \(transient\)/],
      [apiError("forbidden", 403), /cannot be read \(forbidden\); let the controller get Secrets/],
    ] as const) {
      test(`a read that fails with ${error.status} is tried again and told`, async () => {
        const { outcome, told, message } = await judge(validate, type, failing(error));
        assert.equal(outcome.state, "running");
        assert.equal(told, `False/${name}NotReady`);
        assert.match(message, says);
      });
    }

    for (const ended of ["aborted", "fenced"] as const) {
      test(`a read that we ended ourselves (${ended}) says nothing about the key`, async () => {
        const pass = passOf(validator);
        await assert.rejects(validate({ client: failing(apiError(ended, 0)) }, pass));
        assert.deepEqual(pass.status.conditions, []);
      });
    }

    for (const [situation, objects, says] of malformed) {
      test(`one ${situation} ends the plan and says what to correct`, async () => {
        const { outcome, told, message } = await judge(validate, type, world(...objects));
        assert.equal(told, `False/${name}Invalid`);
        assert.deepEqual(outcome, { state: "terminal", error: message });
        assert.match(message, says);
        assert.match(message, /; (put|add)/);
      });
    }

    test("a source that was taken out of the spec since the plan was built is not waited for", async () => {
      const stale = { type, status: "False" as const, reason: `${name}NotReady`, message: "" };
      const pass = passOf({}, [{ ...stale, lastTransitionTime: "2026-01-01T00:00:00Z" }]);
      assert.deepEqual(await validate({ client: world() }, pass), { state: "complete" });
      assert.deepEqual(pass.status.conditions, []);
    });
  });
}

const unnamed: readonly [string, Validate, string, Validator][] = [
  [
    "signing key Secret",
    validateSigningKey,
    "SigningKeyReady",
    { signingKey: { secret: { secretName: "" } } },
  ],
  ["node key Secret", validateNodeKey, "NodeKeyReady", { nodeKey: { secret: { secretName: "" } } }],
  ["keyring Secret", validateOperatorKeyring, "OperatorKeyringReady", keyed({ secretName: "" })],
  [
    "passphrase Secret",
    validateOperatorKeyring,
    "OperatorKeyringReady",
    keyed({ passphraseSecretRef: { secretName: "", key: "word" } }),
  ],
  [
    "passphrase key",
    validateOperatorKeyring,
    "OperatorKeyringReady",
    keyed({ passphraseSecretRef: { secretName: "passphrase", key: "" } }),
  ],
];
for (const [what, validate, type, spec] of unnamed) {
  test(`an empty name of the ${what} ends the plan, no Secret is read`, async () => {
    const { outcome, told } = await judge(validate, type, failing(apiError("transient", 500)), spec);
    assert.equal(outcome.state, "terminal");
    assert.match(told, /^False\/.*Invalid$/);
  });
}

test("the keyring is found good before its passphrase is read", async () => {
  const { outcome, message } = await judge(
    validateOperatorKeyring,
    "OperatorKeyringReady",
    world(secret("keyring", {})),
  );
  assert.equal(outcome.state, "terminal");
  assert.match(message, /Secret keyring/);
});

test("the keyring entry is the one the spec names now, node_admin when it names none", async () => {
  const files = withKeyring({ "governor.info": "LEAK", "4c.address": "LEAK" });
  const told = async (spec: Validator) =>
    (await judge(validateOperatorKeyring, "OperatorKeyringReady", world(...files), spec)).told;
  assert.equal(await told(keyed({ keyName: "governor" })), "True/OperatorKeyringValidated");
  assert.equal(await told(keyed({ keyName: "" })), "False/OperatorKeyringInvalid");
});

test("whatever a key file holds, the verdict never quotes it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (content) => {
      const text = content.replaceAll(/[a-z]/gi, "LEAK");
      await judge(
        validateSigningKey,
        "SigningKeyReady",
        world(file("signing", "priv_validator_key.json", text)),
      );
    }),
  );
});
