import type { Readable } from "node:stream";
import { PRELUDE_DONE, type PreludeStep, readComplaint } from "../../core/prelude.ts";
import type { ServiceSpec } from "../../core/spec.ts";
import { type Child, type Exit, SpawnError } from "../child.ts";

type Asked = Pick<ServiceSpec, "user" | "group" | "umask" | "nice" | "limits">;

/** Nothing that the steps complain of is longer; of what is, the end is kept. */
const COMPLAINT_BYTES = 4096;

/**
 * Resolves when the program itself runs, with its stderr untouched; rejects with a `SpawnError` that names the step where one
 * failed. The prelude's word is read from stderr, because that needs no further descriptor, and nobody else writes there yet.
 */
export async function preludeEnd(child: Child, spec: Asked): Promise<void> {
  const { before, found } = await readUpTo(child.stderr, PRELUDE_DONE);
  if (!found) throw failure(spec, Buffer.from(before, "latin1").toString(), await child.exited);
  // A shell may warn of a locale, a loader of a library: that stopped nothing, and it is for the service's log.
  if (before !== "") child.stderr.unshift(Buffer.from(before, "latin1"));
}

function failure(spec: Asked, text: string, exit: Exit): SpawnError {
  // Killed from outside, as by the kernel where memory is short: another try may succeed.
  if (exit.signal !== null) return new SpawnError("EAGAIN", `(killed by ${exit.signal} before the program ran)`);
  const { step, words } = readComplaint(text);
  const who = process.geteuid?.() ?? 0;
  const hint = who === 0 ? "" : ` (svc itself runs as uid ${who}, not as root)`;
  if (step === "program") return new SpawnError("EACCES", `(the program may not be run by ${asked(spec, "user")})`);
  return new SpawnError(
    `${step === "user" && spec.user === null ? "group" : step}`,
    `${asked(spec, step)}: ${words || `exit code ${exit.code}`}${hint}`,
  );
}

/** The value that the config gives for a step. */
function asked(spec: Asked, step: PreludeStep): string {
  switch (step) {
    case "limits.files":
    case "limits.core":
      return String(spec.limits.find(([name]) => `limits.${name}` === step)?.[1]);
    case "nice":
      return String(spec.nice);
    case "umask":
      return (spec.umask ?? 0).toString(8).padStart(3, "0");
    case "user":
    case "program":
      return String(spec.user ?? spec.group);
  }
}

/**
 * Reads until `mark` is read or the stream ends. Never more bytes than can belong to the mark, so what comes behind it, the end
 * of the stream too, is left to its next reader.
 */
function readUpTo(stream: Readable, mark: string): Promise<{ readonly before: string; readonly found: boolean }> {
  return new Promise((resolve) => {
    let text = "";
    const look = (): void => {
      while (!text.endsWith(mark)) {
        const bytes: Buffer | null = stream.read(text.length < mark.length ? mark.length - text.length : 1);
        if (bytes === null) return;
        text = (text + bytes.toString("latin1")).slice(-COMPLAINT_BYTES);
      }
      done();
    };
    const done = (): void => {
      stream.off("readable", look).off("end", done).off("close", done);
      const found = text.endsWith(mark);
      // The stream forgets that it was listened to only in the next turn; until then it would not begin to flow.
      setImmediate(resolve, { before: found ? text.slice(0, -mark.length) : text, found });
    };
    stream.on("readable", look).on("end", done).on("close", done);
  });
}
