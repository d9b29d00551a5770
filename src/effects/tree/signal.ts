import { type ProcessId, readStat } from "../proc/proc.ts";
import { NOBODY, type Tree } from "./members.ts";

/** What became of a signal: `refused` means that the process belongs to another user. */
export type Delivery = "sent" | "gone" | "refused";

/** How long a kill tries, in milliseconds, where nothing else is said. */
export const KILL_BUDGET_MS = 5000;

/** These stop or continue a process themselves, or need no help: a SIGCONT after them would undo or add nothing. */
const WITHOUT_CONTINUE = new Set(["SIGKILL", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU"]);

/** Sends a signal, and SIGCONT after it: a stopped process takes note of its signal only when it is continued. */
export function signalTree(tree: Tree, signal: string, target: "group" | "main"): boolean {
  const sendOne = target === "group" ? signalGroup : signalMain;
  const sent = sendOne(tree, signal);
  if (sent && !WITHOUT_CONTINUE.has(signal)) {
    sendOne(tree, "SIGCONT");
  }
  return sent;
}

/**
 * Signal 0 only asks whether the group exists (or its zombies). kill(2) on a group is one act: a fork in the group either
 * gets the signal too, or comes after it.
 */
export function signalGroup(tree: Tree, signal: string | 0): boolean {
  return !isRecycled(tree) && send(-tree.main.pid, signal) === "sent";
}

function signalMain(tree: Tree, signal: string): boolean {
  return !isRecycled(tree) && send(tree.main.pid, signal) === "sent";
}

/** For a group whose leader has just ended or still runs, so that its id cannot have been given out again. */
export function killGroupOf(leader: number): void {
  send(-leader, "SIGKILL");
}

/** The look at the start time comes directly before the signal, so that a pid that was given out again is not hit. */
export function signalExactly(id: ProcessId, signal: string): Delivery {
  return readStat(id.pid)?.start === id.start ? send(id.pid, signal) : "gone";
}

/**
 * Whether the main process's pid, and so the id of its group, has been given to somebody else. Where that cannot be read now
 * (out of descriptors) it has not: a stop must get through, and a child that nobody has waited for keeps its pid.
 */
function isRecycled({ main }: Tree): boolean {
  if (main === NOBODY) return true;
  try {
    const stat = readStat(main.pid);
    return stat !== null && stat.start !== main.start;
  } catch {
    return false;
  }
}

/** Throws on a name that is no signal. */
function send(pid: number, signal: string | 0): Delivery {
  // To kill(2), 0 is the caller's own group, -1 is every process, and nobody's service is PID 1.
  if (!(Math.abs(pid) > 1)) {
    throw new RangeError(`cannot signal pid ${pid}: no service has it`);
  }
  try {
    process.kill(pid, signal);
    return "sent";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH" || code === "EPERM") {
      return code === "ESRCH" ? "gone" : "refused";
    }
    throw error;
  }
}
