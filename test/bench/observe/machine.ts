import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

/** What a reader must know to compare: the machine, and what it did before we began. */
export function describeMachine(): readonly string[] {
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = loadavg().map((value) => value.toFixed(1));
  return [
    `${availableParallelism()} CPUs (${cpus()[0]?.model.trim() ?? "unknown"}), ${memory} GiB, ${type()} ${release()}, Node.js ${process.version}`,
    `load average at the start: ${load.join(" ")}`,
    "etcd, kube-apiserver, kube-controller-manager, the simulated kubelets, sidecars and seids and the observer share this",
    "machine with the manager: times are of all of them together, CPU and RSS of the manager are its own.",
  ];
}
