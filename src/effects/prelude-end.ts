import type { Readable } from "node:stream";
import { PRELUDE_DONE, type PreludeStep, readComplaint } from "../core/prelude.ts";
import type { ServiceSpec } from "../core/spec.ts";
import { type Child, type Exit, SpawnError } from "./child.ts";

type Asked = Pick<ServiceSpec, "user" | "group" | "umask" | "nice" | "limits">;

/** Nothing that the steps complain of is longer; what is, is cut. */
const COMPLAINT_BYTES = 4096;

/**
 * Resolves when the program itself runs, with its stderr untouched; rejects with a `SpawnError` that names the step where one
 * failed. The prelude's word is read from stderr, because that needs no further descriptor, and nobody else writes there yet.
 */
export async function preludeEnd(child: Child, spec: Asked): Promise<void> {
  const first = await readExactly(child.stderr, PRELUDE_DONE.length);
  if (first === PRELUDE_DONE) return;
  const [rest, exit] = await Promise.all([readRest(child.stderr), child.exited]);
  throw failure(spec, `${first}${rest}`, exit);
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

/** `length` bytes, or fewer where the stream ends before. Reading exactly so many leaves the stream's end to its next reader. */
function readExactly(stream: Readable, length: number): Promise<string> {
  return new Promise((resolve) => {
    const look = (): void => {
      const bytes: Buffer | null = stream.read(length);
      if (bytes !== null) done(bytes.toString("latin1"));
    };
    const ended = (): void => done("");
    const done = (text: string): void => {
      stream.off("readable", look).off("end", ended).off("close", ended);
      // The stream forgets that it was listened to only in the next turn; until then it would not begin to flow.
      setImmediate(resolve, text);
    };
    stream.on("readable", look).on("end", ended).on("close", ended);
  });
}

async function readRest(stream: Readable): Promise<string> {
  let text = "";
  if (stream.readableEnded || stream.destroyed) return text;
  for await (const chunk of stream) {
    if (text.length < COMPLAINT_BYTES) text += (chunk as Buffer).toString("utf8");
  }
  return text;
}
