/** What of a message of sd_notify(3) concerns svc; other assignments mean nothing here. */
export interface NotifyMessage {
  readonly ready: boolean;
  /** Free text on how the service stands; null where the message has none. */
  readonly status: string | null;
}

/** `READY=1` and `STATUS=…`, one assignment a line; of several texts the last one counts. */
export function parseNotifyMessage(text: string): NotifyMessage {
  const lines = text.split("\n");
  const status = lines.findLast((line) => line.startsWith("STATUS="));
  return { ready: lines.includes("READY=1"), status: status === undefined ? null : status.slice("STATUS=".length) };
}
