/**
 * What the watches tell of one node's upgrade: when each thing was first seen, and what must never be seen. It only
 * listens; time is monotonic and taken when the event arrives.
 *
 *     waiting for the halt -> halted (pod and node seen not ready) -> begun (image patched) -> ready on the new image
 */
import { type SeiNode, SeiNodeConditions, TaskTypes } from "#api";
import type { Clock } from "#clock";
import { type DeepReadonly, findCondition, type InformerEvent, type Pod } from "#kube";
import { isPodReady } from "./pod-readiness.ts";

/** In the order in which they normally come. */
export const milestones = [
  "plan built",
  "old pod deleted",
  "old pod gone",
  "new pod created",
  "new pod started",
  "observe-image: status.currentImage is the new image",
  "mark-ready: the new pod's sidecar may start seid",
  "plan settled",
  "node Ready on the new image",
] as const;
export type Milestone = (typeof milestones)[number];

export interface UpgradeSubject {
  readonly oldPodUid: string;
  readonly newImage: string;
}

export class UpgradeTimeline {
  readonly #subject: UpgradeSubject;
  readonly #clock: Clock;
  readonly #onReached: (milestone: Milestone, ms: number) => void;
  readonly #reached = new Map<Milestone, number>();
  readonly #violations: string[] = [];
  #begunAt: number | undefined;
  #podSeenNotReady = false;
  #nodeSeenNotReady = false;
  #planSeen = false;

  constructor(
    subject: UpgradeSubject,
    clock: Clock,
    onReached: (milestone: Milestone, ms: number) => void = () => {},
  ) {
    this.#subject = subject;
    this.#clock = clock;
    this.#onReached = onReached;
  }

  /** Call right before the image is patched. */
  begin(): void {
    this.#begunAt = this.#clock.monotonic();
  }

  /** The old pod was seen not Ready, and the node Ready=False. */
  get halted(): boolean {
    return this.#podSeenNotReady && this.#nodeSeenNotReady;
  }

  /** Milliseconds from `begin`, in the order of `milestones`. What was not seen is not in it. */
  get timings(): readonly { readonly what: Milestone; readonly ms: number }[] {
    return milestones.flatMap((what) => {
      const ms = this.#reached.get(what);
      return ms === undefined ? [] : [{ what, ms }];
    });
  }

  get missing(): readonly Milestone[] {
    return milestones.filter((milestone) => !this.#reached.has(milestone));
  }

  /** What was seen and must not be: readiness between the halt and the replacement. */
  get violations(): readonly string[] {
    return this.#violations;
  }

  observePod({ type, object: pod }: Pick<InformerEvent<Pod>, "type" | "object">): void {
    if (pod.metadata.uid === this.#subject.oldPodUid) this.#observeOldPod(type, pod);
    else if (this.#begunAt !== undefined && type !== "deleted") this.#observeNewPod(pod);
  }

  #observeOldPod(type: InformerEvent<Pod>["type"], pod: DeepReadonly<Pod>): void {
    if (!isPodReady(pod)) this.#podSeenNotReady = true;
    else if (this.#podSeenNotReady)
      this.#violate(`pod ${pod.metadata.name} became Ready again on the old image`);
    if (this.#begunAt === undefined) return;
    // A pod without finalizers and grace may go without ever being seen terminating.
    if (type === "deleted" || pod.metadata.deletionTimestamp !== undefined) this.#reach("old pod deleted");
    if (type === "deleted") this.#reach("old pod gone");
  }

  #observeNewPod(pod: DeepReadonly<Pod>): void {
    this.#reach("new pod created");
    const seid = pod.status?.containerStatuses?.find(({ name }) => name === "seid");
    if (seid?.state?.running !== undefined) this.#reach("new pod started");
  }

  observeNode(node: DeepReadonly<SeiNode>): void {
    const { status } = node;
    const ready = findCondition(status?.conditions, SeiNodeConditions.ready)?.status;
    const isNew = status?.currentImage === this.#subject.newImage;
    if (ready !== "True") this.#nodeSeenNotReady = true;
    else if (this.#nodeSeenNotReady && !isNew) {
      this.#violate(`SeiNode ${node.metadata.name} was Ready between halt and replacement`);
    }
    if (this.#begunAt === undefined) return;
    const { plan } = status ?? {};
    if (plan !== undefined) {
      this.#planSeen = true;
      this.#reach("plan built");
    }
    if (isNew) this.#reach("observe-image: status.currentImage is the new image");
    const settled = this.#planSeen && isNew && plan?.phase !== "Active";
    const marked = plan?.tasks.some(
      ({ type, status }) => type === TaskTypes.markReady && status === "Complete",
    );
    if (marked === true || settled) this.#reach("mark-ready: the new pod's sidecar may start seid");
    if (settled) this.#reach("plan settled");
    if (settled && ready === "True") this.#reach("node Ready on the new image");
  }

  #reach(milestone: Milestone): void {
    if (this.#begunAt === undefined || this.#reached.has(milestone)) return;
    const ms = this.#clock.monotonic() - this.#begunAt;
    this.#reached.set(milestone, ms);
    this.#onReached(milestone, ms);
  }

  #violate(text: string): void {
    if (!this.#violations.includes(text)) this.#violations.push(text);
  }
}
