import type { CelRuleId } from "../schema/rules.ts";
import { deployment, fullNode, genesis, keyedValidator, validator } from "./drafts.ts";
import type { RuleCases } from "./rule-case.ts";

const config = {
  chainId: "devnet-7",
  accounts: [{ address: "sei1a", balance: "1usei" }],
  overrides: { "gov.a": [1, { b: null }] },
};
const ceremony = (extra = {}) => deployment({ genesis: { ...config, ...extra } }, validator());
const blueGreen = { updateStrategy: { type: "BlueGreen" } };
const imported = fullNode({ dataVolume: { import: { pvcName: "old" } } });
const strategy = (updateStrategy: object) => deployment({ updateStrategy });

export const seiNodeDeploymentRuleCases = {
  G1: {
    accepts: [
      { situation: "genesis with a validator template", to: genesis() },
      { situation: "a full node template without genesis", to: deployment() },
    ],
    rejects: [
      {
        situation: "genesis with a full node template",
        to: deployment({ genesis: { chainId: "devnet-7" } }),
      },
    ],
  },
  G2: {
    accepts: [
      {
        situation: "genesis stays while something else changes",
        from: ceremony(),
        to: deployment({ genesis: config, replicas: 4 }, validator()),
      },
      { situation: "genesis is added later", from: deployment({}, validator()), to: ceremony() },
      {
        situation: "a default is written out",
        from: genesis(),
        to: genesis({ stakingAmount: "10000000usei" }),
      },
    ],
    rejects: [
      { situation: "genesis is removed", from: ceremony(), to: deployment({}, validator()) },
      { situation: "the chain id changes", from: ceremony(), to: ceremony({ chainId: "devnet-8" }) },
      { situation: "an account is added", from: genesis(), to: genesis({ accounts: config.accounts }) },
      {
        situation: "overrides are added",
        from: genesis({ accounts: config.accounts }),
        to: genesis({ accounts: config.accounts, overrides: config.overrides }),
      },
      {
        situation: "a value deep in an override changes",
        from: ceremony(),
        to: ceremony({ overrides: { "gov.a": [1, { b: 2 }] } }),
      },
      { situation: "an amount changes", from: ceremony(), to: ceremony({ stakingAmount: "1usei" }) },
    ],
  },
  G3: {
    accepts: [
      { situation: "one replica with a signing key", to: deployment({}, keyedValidator()) },
      {
        situation: "the default replica count with a signing key",
        to: deployment({ replicas: undefined }, keyedValidator()),
      },
      { situation: "three replicas without a signing key", to: deployment({ replicas: 3 }, validator()) },
      { situation: "three full nodes", to: deployment({ replicas: 3 }, fullNode()) },
    ],
    rejects: [
      { situation: "two replicas with a signing key", to: deployment({ replicas: 2 }, keyedValidator()) },
      {
        situation: "one replica with a signing key scaled to two",
        from: deployment({}, keyedValidator()),
        to: deployment({ replicas: 2 }, keyedValidator()),
      },
      {
        situation: "a signing key given to two replicas",
        from: deployment({ replicas: 2 }, validator()),
        to: deployment({ replicas: 2 }, keyedValidator()),
      },
    ],
  },
  U1: {
    accepts: [
      { situation: "InPlace", to: strategy({ type: "InPlace" }) },
      { situation: "BlueGreen", to: strategy({ type: "BlueGreen" }) },
      {
        situation: "HardFork with a height",
        to: strategy({ type: "HardFork", hardFork: { haltHeight: 1 } }),
      },
      {
        situation: "InPlace with a height it does not need",
        to: strategy({ type: "InPlace", hardFork: { haltHeight: 1 } }),
      },
    ],
    rejects: [
      { situation: "HardFork without a height", to: strategy({ type: "HardFork" }) },
      {
        situation: "a change to HardFork without a height",
        from: strategy({ type: "InPlace" }),
        to: strategy({ type: "HardFork" }),
      },
    ],
  },
  U2: {
    accepts: [
      { situation: "InPlace with a signing key", to: deployment({}, keyedValidator()) },
      { situation: "BlueGreen with a validator without keys", to: deployment(blueGreen, validator()) },
    ],
    rejects: [
      { situation: "BlueGreen with a signing key", to: deployment(blueGreen, keyedValidator()) },
      {
        situation: "a change to HardFork with a signing key",
        from: deployment({}, keyedValidator()),
        to: deployment(
          { updateStrategy: { type: "HardFork", hardFork: { haltHeight: 1 } } },
          keyedValidator(),
        ),
      },
    ],
  },
  U3: {
    accepts: [{ situation: "InPlace with genesis", to: genesis() }],
    rejects: [
      { situation: "BlueGreen with genesis", to: deployment({ genesis: config, ...blueGreen }, validator()) },
    ],
  },
  U4: {
    accepts: [
      { situation: "InPlace with an imported volume", to: deployment({}, imported) },
      {
        situation: "BlueGreen with a volume of its own",
        to: deployment(blueGreen, fullNode({ dataVolume: {} })),
      },
    ],
    rejects: [{ situation: "BlueGreen with an imported volume", to: deployment(blueGreen, imported) }],
  },
} satisfies Partial<Record<CelRuleId, RuleCases>>;
