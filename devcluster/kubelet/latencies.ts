/** How long a kubelet takes. Short by default: the controller is measured, not the simulator. */
export interface KubeletLatencies {
  /** From a change of containers or probes to the status that shows it. Default 1. */
  statusMs: number;
  /** Run time of an ordinary init container. Default 5. */
  initMs: number;
  /** From the end of a terminating pod's processes to its removal. Default 5. */
  stopMs: number;
}

export const defaultLatencies: Readonly<KubeletLatencies> = { statusMs: 1, initMs: 5, stopMs: 5 };
