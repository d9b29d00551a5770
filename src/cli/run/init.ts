import { isatty } from "node:tty";
import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import { signalNumber } from "../../core/signals.ts";
import { type Exit, SpawnError } from "../../effects/child.ts";
import { type Clock, createClock } from "../../effects/clock.ts";
import { loadNative, type Native } from "../../effects/native/native.ts";
import { closeInherited } from "../../effects/spawn/inherited-descriptors.ts";
import { createReaper, type Reaper } from "../../effects/spawn/reaper.ts";
import { type SharingChild, spawnSharing } from "../../effects/spawn/shared.ts";
import { killGroupOf } from "../../effects/tree/signal.ts";
import { HEARD, listenTo, onChildSignal } from "../signals.ts";
import { pidOneWithoutNative } from "../without-native.ts";
import { forward, say } from "./forward.ts";
import { endOrphans } from "./leftovers.ts";
import type { RunOptions } from "./options.ts";
import { listenBesideTerminal } from "./terminal.ts";

/** Runs the command to its end, and ends what it leaves behind. Resolves to svc's exit code. */
export async function runUnderInit(options: RunOptions): Promise<number> {
  const clock = createClock();
  const native = openNative(clock);
  const shared = isatty(0);
  // A listener is called in a later turn than the one in which the command starts; after its end its pid may be another's.
  let main: number | null = null;
  const sendOn = (signal: string): void => {
    if (main !== null) forward(signal, main, { ...options, shared });
  };
  if (shared) listenBesideTerminal(sendOn, () => main);
  else listenTo(HEARD, sendOn);
  const child = await start(options.argv, !shared, native);
  main = child.pid;
  const exit = await child.exited;
  main = null;
  await endRest(child.pid, native, clock);
  return exitCode(exit, options.success);
}

interface NativePart {
  readonly native: Native;
  readonly reaper: Reaper;
}

/** Before the command starts: what it leaves behind in its first moment is svc's already. */
function openNative(clock: Clock): NativePart | null {
  const native = loadNative();
  if ("missing" in native) {
    closeInherited();
    if (process.pid === 1) say(pidOneWithoutNative(native.missing));
    return null;
  }
  native.becomeSubreaper();
  return { native, reaper: createReaper({ native, clock, onChildSignal }) };
}

async function start(argv: readonly string[], session: boolean, native: NativePart | null): Promise<SharingChild> {
  const env = process.env as Record<string, string>;
  try {
    return await spawnSharing({ argv, cwd: process.cwd(), env, session }, native);
  } catch (error) {
    throw error instanceof SpawnError ? cannotRun(error) : error;
  }
}

const NOT_FOUND: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);
/** Nothing is wrong with the program: the machine is at a limit (fork(2), open(2)). */
const AT_A_LIMIT: ReadonlySet<string> = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"]);

/** 127 and 126 as with a POSIX shell (2.8.2). */
function cannotRun({ code, subject }: SpawnError): SvcError {
  const what = `cannot run "${escapeControls(subject)}": `;
  if (NOT_FOUND.has(code)) {
    const where = subject.includes("/") ? "it does not exist" : "it is in no folder of PATH";
    return new SvcError(`${what}${where} (${code})`, 127);
  }
  if (AT_A_LIMIT.has(code)) return new SvcError(`${what}${code}`, EXIT.failed, { hint: "the machine, or this container, is at a limit" });
  const hint = code === "ENOEXEC" ? 'a script needs a first line such as "#!/bin/sh"' : null;
  return new SvcError(`${what}it is not executable (${code})`, 126, { hint });
}

/** As PID 1 nothing is to be done: the kernel ends a namespace with it (pid_namespaces(7)). */
async function endRest(main: number, native: NativePart | null, clock: Clock): Promise<void> {
  if (process.pid === 1) return;
  killGroupOf(main);
  if (native !== null) await endOrphans(native.reaper.orphans, clock);
}

function exitCode({ code, signal }: Exit, success: ReadonlySet<number>): number {
  const own = signal === null ? (code ?? EXIT.failed) : 128 + (signalNumber(signal) ?? 0);
  return success.has(own) ? EXIT.done : own;
}
