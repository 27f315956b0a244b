/** What the containers of a SeiNode pod run. Chosen by container name; any other container just runs (or, as init container, ends). */
import type { Clock, Random } from "#clock";
import {
  type Changes,
  type RbacProxy,
  Seid,
  type SidecarEnvironment,
  SidecarProcess,
  startupProblem,
  type Volume,
} from "../sidecar/index.ts";
import type { Container } from "./container.ts";
import type { SimulatedNode } from "./simulated-node.ts";

/** A running process. After `exit` was reported it is never used again. */
export interface Program {
  /** SIGTERM; false when it was ignored. */
  terminate(): boolean;
  kill(): void;
  /** It ends by itself. */
  exit(code: number): void;
  readonly sidecar?: SidecarProcess;
  readonly seid?: Seid;
  readonly rbacProxy?: RbacProxy;
  /** For TCP probes of a program that does not listen from its start. */
  readonly listening?: () => boolean;
}

export type StartProgram = (
  container: Container,
  onExit: (code: number, message?: string) => void,
) => Program;

/** What programs of one pod share. */
export interface ProgramHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly node: SimulatedNode;
  readonly volume: Volume;
  /** How long an init container runs. */
  readonly initMs: number;
  readonly imageBehaviour: (image: string) => "run" | "halt" | "crash";
  readonly environment: Omit<SidecarEnvironment, "variables">;
  /** Of this pod. */
  readonly changes: Changes;
  /** Parsed by the kubelet from the mounted ConfigMap. */
  readonly rbacProxyConfig: RbacProxy["attributes"];
  readonly seid: () => Seid | undefined;
}

export function programsOf(host: ProgramHost): StartProgram {
  return (container, onExit) => {
    switch (container.spec.name) {
      case "seid-init":
        return seidInit(host, container, onExit);
      case "sei-sidecar":
        return sidecar(host, container, onExit);
      case "kube-rbac-proxy":
        return { ...plainProgram(host, container, onExit), rbacProxy: rbacProxyOf(host, container) };
      case "seid":
        return seid(host, container, onExit);
      case "cosmos-exporter":
        return cosmosExporter(host, container, onExit);
      default:
        return container.kind === "init"
          ? endingAfter(host, onExit, () => (host.imageBehaviour(container.image) === "crash" ? 1 : 0))
          : plainProgram(host, container, onExit);
    }
  };
}

type OnExit = (code: number, message?: string) => void;

/** `seid init`, unless the volume has a genesis: then the binary is not even started, and cannot crash. */
function seidInit(host: ProgramHost, container: Container, onExit: OnExit): Program {
  return endingAfter(host, onExit, () => {
    const { files } = host.volume;
    if (files.genesisChainId !== undefined) return 0;
    if (host.imageBehaviour(container.image) === "crash") return 1;
    host.volume.ensureNodeKey();
    files.genesisChainId = variablesOf(container).SEI_CHAIN_ID ?? chainIdFrom(container) ?? "";
    files.genesisIsPlaceholder = true;
    files.toml.set("config.toml", files.toml.get("config.toml") ?? {});
    return 0;
  });
}

function sidecar(host: ProgramHost, container: Container, onExit: OnExit): Program {
  const variables = variablesOf(container);
  const problem = startupProblem(variables);
  if (problem !== undefined) return exitNow(1, onExit, problem);
  if (host.node.sidecarIsDead || host.imageBehaviour(container.image) === "crash") return exitNow(1, onExit);
  const process = new SidecarProcess({
    environment: { ...host.environment, variables },
    random: host.random,
    scripts: host.node.scripts,
    journal: host.node.journal,
    onReadyChange: () => host.changes.emit(),
    onExit: (code) => onExit(code),
  });
  return {
    sidecar: process,
    terminate() {
      process.shutDown();
      return true;
    },
    kill: () => process.crash(137),
    exit: (code) => process.crash(code),
  };
}

function seid(host: ProgramHost, container: Container, onExit: OnExit): Program {
  const haltHeight = haltHeightOf(container);
  host.node.recordSeidStart(host.volume);
  const process = new Seid({
    clock: host.clock,
    settings: host.node.seidSettings,
    volume: host.volume,
    image: container.image,
    ...(haltHeight === undefined ? {} : { haltHeight }),
    imageBehaviour: () => host.imageBehaviour(container.image),
    onChange: () => host.changes.emit(),
    onExit(code) {
      host.node.recordSeidStop(host.volume);
      onExit(code);
    },
  });
  return {
    seid: process,
    terminate: () => process.terminate(),
    kill: () => process.kill(),
    exit: (code) => process.exit(code),
  };
}

/** Listens once seid's gRPC was seen, and stays. */
function cosmosExporter(host: ProgramHost, container: Container, onExit: OnExit): Program {
  let listening = false;
  return {
    ...plainProgram(host, container, onExit),
    listening() {
      listening ||= host.seid()?.state === "running";
      return listening;
    },
  };
}

function plainProgram(host: ProgramHost, container: Container, onExit: OnExit): Program {
  if (host.imageBehaviour(container.image) === "crash") return exitNow(1, onExit);
  return {
    terminate() {
      onExit(0);
      return true;
    },
    kill: () => onExit(137),
    exit: (code) => onExit(code),
  };
}

function endingAfter(host: ProgramHost, onExit: OnExit, work: () => number): Program {
  const cancel = host.clock.after(host.initMs, () => onExit(work()));
  const exit = (code: number) => {
    cancel();
    onExit(code);
  };
  return {
    terminate() {
      exit(143);
      return true;
    },
    kill: () => exit(137),
    exit,
  };
}

function exitNow(code: number, onExit: OnExit, message?: string): Program {
  onExit(code, message);
  return { terminate: () => true, kill: () => undefined, exit: () => undefined };
}

function rbacProxyOf(host: ProgramHost, container: Container): RbacProxy {
  const paths = wordsOf(container)
    .filter((word) => word.startsWith("--ignore-paths="))
    .flatMap((word) => word.slice("--ignore-paths=".length).split(","));
  return { ignorePaths: new Set(paths), attributes: host.rbacProxyConfig };
}

function wordsOf(container: Container): string[] {
  return [...(container.spec.command ?? []), ...(container.spec.args ?? [])];
}

function haltHeightOf(container: Container): number | undefined {
  const match = /--halt-height["']?[ =]+["']?(\d+)/.exec(wordsOf(container).join(" "));
  return match === null ? undefined : Number(match[1]);
}

function chainIdFrom(container: Container): string | undefined {
  return /--chain-id["']?[ =]+["']?([^\s"']+)/.exec(wordsOf(container).join(" "))?.[1];
}

/** A reference to a Secret or field counts as set; its value is nobody's business here. */
function variablesOf(container: Container): Record<string, string> {
  return Object.fromEntries(
    (container.spec.env ?? []).map(({ name, value, valueFrom }) => [
      name,
      value ?? (valueFrom ? "(from reference)" : ""),
    ]),
  );
}
