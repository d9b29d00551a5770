import { EXIT, SvcError } from "../core/errors.ts";
import { cureFor } from "../core/shortage.ts";
import { readCommandLine, type Understood } from "./command-line.ts";
import { Interrupted } from "./interrupted.ts";
import { leaveLostTerminals, leaveTerminals } from "./lost-terminals.ts";

/** Not before they are needed: an open stream makes its descriptor non-blocking for everybody. */
const outputs = () => [process.stdout, process.stderr];
const STALLED_MS = 100;

/** Runs a command line and sets the exit code; the process then ends when nothing is left to do or to write. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    const understood = readCommandLine(argv) ?? (await readWithHelp(argv));
    process.exitCode = typeof understood === "number" ? understood : await carryOut(understood);
  } catch (error) {
    process.exitCode = report(error);
  }
}

async function carryOut({ command, invocation }: Understood): Promise<number> {
  const { run, endsProcess, leavesOutput } = await command.load();
  if (leavesOutput) {
    const exitCode = await run(invocation);
    leaveTerminals();
    process.exit(exitCode);
  }
  if (!endsProcess) {
    endWithReader();
    return await run(invocation);
  }
  for (const stream of outputs()) stream.on("error", () => {});
  const exitCode = await run(invocation);
  await written();
  leaveLostTerminals();
  process.exit(exitCode);
}

/** Help and mistakes need the command-line library, and the time to load it; everything else does without. */
async function readWithHelp(argv: readonly string[]): Promise<Understood | number> {
  endWithReader();
  const program = await import("./program.ts");
  return await program.readWithHelp(argv);
}

function report(error: unknown): number {
  if (error instanceof Interrupted) {
    if (error.words !== null) process.stderr.write(`svc: ${error.words}\n`);
    return error.exitCode;
  }
  if (error instanceof SvcError) {
    const hint = error.hint === null ? "" : `  ${error.hint}\n`;
    process.stderr.write(`svc: ${error.message}\n${hint}`);
    return error.exitCode;
  }
  const cure = cureFor(error);
  if (cure !== null) {
    process.stderr.write(`svc: cannot go on: ${(error as Error).message}\n  ${cure}\n`);
    return EXIT.failed;
  }
  process.stderr.write(`svc: this is a fault of svc itself: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.failed;
}

/** `svc logs | head` has seen enough: no error, and nothing more to write. A full disk or a terminal that is gone is one. */
function endWithReader(): void {
  for (const stream of outputs()) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(EXIT.done);
      if (stream === process.stdout) process.stderr.write(`svc: cannot write to stdout: ${error.message}\n`);
      process.exit(EXIT.failed);
    });
  }
}

/** process.exit() drops what a pipe has not taken yet; a reader that has stalled is not waited for. */
async function written(): Promise<void> {
  const flushed = Promise.all(outputs().map((stream) => new Promise((resolve) => stream.write("", resolve))));
  await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, STALLED_MS))]);
}
