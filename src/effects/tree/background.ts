import { readArguments } from "../proc/proc.ts";

/** A supervisor that `svc start -d` has started so: it belongs to no service, and neither do its own. */
export function isInBackground(pid: number): boolean {
  const words = readArguments(pid);
  const at = words.findIndex((word) => /(^|\/)svc(\.js)?$/.test(word));
  return at !== -1 && words[at + 1] === "start" && words[at + 2] === "--background";
}
