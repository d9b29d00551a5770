import { writeSync } from "node:fs";

/** xterm's control sequences: the other screen, the cursor, wrapping. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l\x1b[0m";

export interface Terminal {
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** Draws what has changed since the last frame; a terminal that does not keep up misses frames. */
  show(lines: readonly string[]): void;
  /** As it was before. */
  close(): void;
}

export interface TerminalOptions {
  readonly onKeys: (chunk: string) => void;
  readonly onResize: () => void;
}

/** The whole screen, and each key as it is pressed, until it is closed; also where the process ends otherwise. */
export function openTerminal({ onKeys, onResize }: TerminalOptions): Terminal {
  const { stdin, stdout } = process;
  let before: readonly string[] = [];
  let busy = false;
  let open = true;
  const restore = (): void => {
    if (!open) return;
    open = false;
    try {
      stdin.setRawMode(false);
      writeSync(1, LEAVE);
    } catch {
      // The terminal is gone.
    }
  };
  const resized = (): void => {
    before = [];
    stdout.write("\x1b[2J");
    onResize();
  };
  stdin.setRawMode(true);
  stdin.setEncoding("utf8").on("data", onKeys).resume();
  stdout.on("resize", resized).write(ENTER);
  process.once("exit", restore);
  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    show: (lines) => {
      if (!open || busy) return;
      const changed = lines.map((line, at) => (line === before[at] ? "" : `\x1b[${at + 1};1H${line}\x1b[K`)).join("");
      before = lines;
      if (changed === "" || stdout.write(changed)) return;
      busy = true;
      stdout.once("drain", () => {
        busy = false;
        onResize();
      });
    },
    close: () => {
      restore();
      process.off("exit", restore);
      stdout.off("resize", resized);
      stdin.off("data", onKeys).pause();
    },
  };
}
