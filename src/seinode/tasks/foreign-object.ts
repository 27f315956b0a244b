/** Objects whose names the node needs and that belong to somebody else: never taken, changed or deleted (design section 2). */
import { type SeiNode, seiNodes } from "#api";
import { controllerOf, type DeepReadonly, type KubeObject } from "#kube";

/** The name belongs to somebody else. Nobody but a person can end that; the message says whose it is and what to do. */
export class ForeignObject extends Error {
  override readonly name = "ForeignObject";
  /** An object without our label is in no cache and wakes nobody: whether it is gone has to be asked. */
  readonly retryAfterMs = 10_000;

  constructor(kind: string, object: DeepReadonly<KubeObject>) {
    const controller = controllerOf(object);
    const owner = controller === undefined ? "nobody" : `${controller.kind} ${controller.name}`;
    super(
      `${kind} ${object.metadata.name} exists, is controlled by ${owner} and was not made for this SeiNode; ` +
        "delete it or give the SeiNode another name",
    );
  }
}

/** It goes by itself: it is on its way out, or what the predecessor of this SeiNode left to the garbage collector. */
export function isLeftover(object: DeepReadonly<KubeObject>, node: DeepReadonly<SeiNode>): boolean {
  const controller = controllerOf(object);
  const predecessor =
    controller?.kind === seiNodes.kind &&
    controller.name === node.metadata.name &&
    controller.uid !== node.metadata.uid;
  return predecessor || object.metadata.deletionTimestamp !== undefined;
}
