/** What seid listens on. */
export const nodePort = {
  evmRpc: 8545,
  evmWs: 8546,
  grpc: 9090,
  rest: 1317,
  p2p: 26656,
  rpc: 26657,
  metrics: 26660,
} as const;

/** As they are named in the container and in its Services. The order is part of the contract. */
export const nodePorts = [
  { name: "evm-rpc", port: nodePort.evmRpc },
  { name: "evm-ws", port: nodePort.evmWs },
  { name: "grpc", port: nodePort.grpc, appProtocol: "kubernetes.io/h2c" },
  { name: "rest", port: nodePort.rest },
  { name: "p2p", port: nodePort.p2p },
  { name: "rpc", port: nodePort.rpc },
  { name: "metrics", port: nodePort.metrics },
] as const satisfies readonly { name: string; port: number; appProtocol?: string }[];
