/** The one place where signals are listened to. */

/** Calls `leave` at Ctrl-C, in place of the death that is the default. Returns what restores the default. */
export function onInterrupt(leave: () => void): () => void {
  process.on("SIGINT", leave);
  return () => process.off("SIGINT", leave);
}
