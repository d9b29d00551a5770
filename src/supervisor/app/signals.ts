const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** Calls `stop` at the first of the signals that end an app. Returns the way back to how they were. */
export function onStopSignals(stop: () => void): () => void {
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  return () => {
    for (const signal of STOP_SIGNALS) process.removeListener(signal, stop);
  };
}
