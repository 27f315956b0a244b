import type { IProbe } from "kubernetes-models/v1";

type Timing = Omit<IProbe, "httpGet" | "tcpSocket" | "exec" | "grpc">;

/** The scheme is spelled out: what is behind these ports speaks plain HTTP, and no earlier owner's HTTPS may survive. */
export function httpProbe(path: string, port: number, timing: Timing): IProbe {
  return { httpGet: { path, port, scheme: "HTTP" }, ...timing };
}

export function tcpProbe(port: number, timing: Timing): IProbe {
  return { tcpSocket: { port }, ...timing };
}
