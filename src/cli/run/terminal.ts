import { readStat } from "../../effects/proc/proc.ts";
import { HEARD, listenTo, onChildSignal } from "../signals.ts";

/** The kernel sends these to the whole group in the foreground, so to the command as well. svc must not die of them. */
const FROM_TERMINAL: readonly string[] = ["SIGINT", "SIGQUIT", "SIGWINCH"];
/** These stop whoever reads or writes the terminal from the background, with its whole group. */
const BACKGROUND: readonly string[] = ["SIGTTIN", "SIGTTOU"];

/**
 * Hands on the signals that come from elsewhere than the terminal that svc shares with its command.
 *
 * - SIGTSTP has no listener: it suspends svc as it does the command, so that a shell sees its job stopped.
 * - The hangup of a terminal is told only to the session's leader. Where that is svc, it tells the command.
 */
export function listenBesideTerminal(forward: (signal: string) => void, main: () => number | null): void {
  const leads = readStat(process.pid)?.session === process.pid;
  const left = new Set([...FROM_TERMINAL, ...BACKGROUND, "SIGTSTP", ...(leads ? [] : ["SIGHUP"])]);
  listenTo(leads ? FROM_TERMINAL : [...FROM_TERMINAL, "SIGHUP"], () => {});
  let resumed = false;
  const goesOn = (): void => {
    resumed = true;
    // The second turn: what is read with this signal, before it or after it, is looked at in the next one.
    setImmediate(() =>
      setImmediate(() => {
        resumed = false;
      }),
    );
  };
  listenTo(["SIGCONT"], goesOn);
  listenTo(
    HEARD.filter((signal) => !left.has(signal)),
    forward,
  );
  // Where the kernel has sent it, it has reached the command, which is stopped by it or has been resumed since.
  listenTo(BACKGROUND, (signal) => setImmediate(() => !resumed && !isStopped(main()) && forward(signal)));
  onChildSignal(() => {
    if (!isStopped(main())) return;
    suspend();
    // Here svc has been resumed, and its SIGCONT is read only after what came with this signal.
    goesOn();
  });
}

function isStopped(pid: number | null): boolean {
  return pid !== null && readStat(pid)?.state === "T";
}

/**
 * A command that has stopped by itself (a shell's `suspend`, a SIGSTOP) stops svc too, so that the shell above gets its
 * terminal back. The kernel drops the signal where there is no such shell, and for PID 1.
 */
function suspend(): void {
  process.kill(process.pid, "SIGTSTP");
}
