/**
 * Bash that waits for a neighbour in the pod. Only bash itself is used (/dev/tcp), because the images bring neither curl
 * nor wget. Each try runs in a subshell: its descriptor closes with it, and a refused connection ends only the try.
 */
import { grpcPort } from "../ports.ts";

const pauseSeconds = 5;

/** Lines that return once GET /v0/healthz on the sidecar answers 200. A sidecar that accepts and hangs is tried again. */
export function sidecarWaitLoop(port: number): string[] {
  return [
    "sidecar_ready() (",
    `  exec 3<>/dev/tcp/localhost/${port} || exit 1`,
    String.raw`  printf 'GET /v0/healthz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3`,
    `  IFS= read -r -t ${pauseSeconds} status_line <&3`,
    '  [[ "$status_line" == HTTP/*" 200"* ]]',
    ") 2>/dev/null",
    "until sidecar_ready; do",
    `  sleep ${pauseSeconds}`,
    "done",
  ];
}

/** Lines that return once seid's gRPC port accepts a connection. */
export function grpcWaitLoop(): string[] {
  return [
    "grpc_open() (",
    `  exec 3<>/dev/tcp/localhost/${grpcPort}`,
    ") 2>/dev/null",
    "until grpc_open; do",
    `  sleep ${pauseSeconds}`,
    "done",
  ];
}
