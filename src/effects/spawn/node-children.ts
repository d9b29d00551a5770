import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";

/**
 * Answers whether a pid is a child of `node:child_process` (execa's are) made since this call, and still to be waited for by
 * Node. Those of worker threads and of spawnSync are not among them. Never undone: it serves for the life of the process.
 */
export function trackNodeChildren(): (pid: number) => boolean {
  const living = new Set<ChildProcess>();
  subscribe("child_process", (message) => {
    const { process: child } = message as { readonly process: ChildProcess };
    living.add(child);
    child.once("exit", () => living.delete(child));
  });
  return (pid) => {
    for (const child of living) {
      if (child.pid === pid) return true;
      // A child has its pid in the moment it is made, or never starts and has no exit.
      if (child.pid === undefined) living.delete(child);
    }
    return false;
  };
}
