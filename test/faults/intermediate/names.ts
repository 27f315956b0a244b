/** Of the objects of every run: what tells runs apart is the namespace. */
export const NODE = "node";
export const GROUP = "group";
export const TASK = "task";

/** How a text about this object starts. Most are about `node`, and do not say so. */
export function subject(name: string): string {
  return name === NODE ? "" : `${name}: `;
}
