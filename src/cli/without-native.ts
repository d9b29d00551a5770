/** What it means for PID 1 that the native part is missing; `missing` is why. */
export function pidOneWithoutNative(missing: string): string {
  return `svc is PID 1 without its native part (${missing}): orphans will stay as zombies; install koffi, use docker run --init, or start it by svc-init`;
}
