/** Tasks of snapshots, exports and chain data. */
import { once, requiredText, type TaskContext, type TaskHandler } from "./context.ts";

/** The newest snapshot the simulated bucket offers. */
const newestSnapshotHeight = 100_000;

export const snapshotRestore: TaskHandler = once(".sei-sidecar-snapshot-done", ({ params, volume }) => {
  const target =
    typeof params.targetHeight === "number" && params.targetHeight > 0 ? params.targetHeight : undefined;
  const height = Math.min(newestSnapshotHeight, target ?? newestSnapshotHeight);
  volume.files.snapshotHeight = height;
  volume.height = Math.max(volume.height, height);
});

/** The weekly loop: ends only with the process. */
export const snapshotUpload: TaskHandler = untilCancelled;

/** [new] */
export const snapshotUploadOnce: TaskHandler = ({ volume }) =>
  volume.files.snapshotHeight === undefined
    ? { outcome: "noop", noopReason: "no snapshot" }
    : { outcome: "uploaded", height: volume.files.snapshotHeight };

export const resultExport: TaskHandler = (context) => {
  requiredText(context, "bucket");
  requiredText(context, "region");
};

/** [new] */
export const resetData: TaskHandler = ({ volume }) => {
  const wipedBytes = volume.height * 1024;
  volume.height = 0;
  volume.haltedImage = undefined;
  return { wipedBytes };
};

function untilCancelled({ signal }: TaskContext): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
