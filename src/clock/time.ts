/** RFC 3339 in whole seconds, as `metav1.Time` is written (design 4.5: other API times are whole seconds). */
export function formatTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
