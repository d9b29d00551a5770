import { closeSync } from "node:fs";
import { isatty } from "node:tty";

const TERMINALS = [0, 1, 2].filter((fd) => isatty(fd));

/**
 * To be called directly before `process.exit`. Node restores the settings of its terminals there, and crashes where one has
 * been closed meanwhile (EIO against a CHECK in node::ResetStdio; seen on Node 20): svc's exit code would be SIGSEGV's. A
 * descriptor that is closed it leaves alone.
 */
export function leaveLostTerminals(): void {
  for (const fd of TERMINALS) if (!isatty(fd)) closeSync(fd);
}

/** The same for all terminals: they stay as another program has set them, and as one in the foreground has set them meanwhile. */
export function leaveTerminals(): void {
  for (const fd of TERMINALS) closeSync(fd);
}
