/**
 * A child object cannot be rendered. The message names the setting or the field at fault and what to do; it holds
 * nothing that changes between passes, since it ends up in a condition (design D6).
 */
export class RenderError extends Error {
  override readonly name: string = "RenderError";
}

/** The spec has no mode. A RenderError, because nothing can be rendered without one. */
export class ModeError extends RenderError {
  override readonly name = "ModeError";
}
