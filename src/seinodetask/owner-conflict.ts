/** Whether the owner of a node would undo a new image (spec/api.md X23). */
import { GROUP, type SeiNode, type SeiNodeDeployment, seiNodeDeployments } from "#api";
import { type Client, controllerOf, type DeepReadonly, unlessNotFound } from "#kube";

/**
 * What to do instead, when the SeiNodeDeployment that controls this node has another image in its template: it sets its
 * nodes back to that. `undefined` when nobody would undo it. One that is being deleted lets its nodes go.
 */
export async function findOwnerConflict(
  client: Pick<Client, "get">,
  node: DeepReadonly<SeiNode>,
  image: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const owner = controllerOf(node);
  if (owner?.kind !== seiNodeDeployments.kind || !owner.apiVersion.startsWith(`${GROUP}/`)) return undefined;
  const key = { namespace: node.metadata.namespace ?? "", name: owner.name };
  const group = await unlessNotFound(client.get<SeiNodeDeployment>(seiNodeDeployments, key, signal));
  if (group?.metadata.uid !== owner.uid || group.metadata.deletionTimestamp !== undefined) return undefined;
  const templated = group.spec?.template.spec.image;
  if (templated === undefined || templated === image) return undefined;
  return (
    `SeiNodeDeployment "${owner.name}" owns SeiNode "${node.metadata.name}" and would set its image back to ${templated};` +
    ` set spec.template.spec.image of the SeiNodeDeployment to ${image} instead, then this task goes on`
  );
}
