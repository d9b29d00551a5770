import { chooseStyle, type StyleWish } from "../../core/log/style.ts";
import type { LogFormat } from "../../core/spec.ts";
import type { Clock } from "../clock.ts";
import { createLogHub, type LogHub } from "./hub.ts";
import { type Output, openOutput } from "./output.ts";
import { createNowhereSink } from "./sink/nowhere.ts";

export interface Logs {
  readonly hub: LogHub;
  /** With colours on a terminal, services are asked for theirs (FORCE_COLOR). */
  readonly colourTerminal: boolean;
}

export interface LogsWish extends Omit<StyleWish, "terminal"> {
  /** What counts where `format` is null: the config's, which a reload may change. Default: null. */
  readonly configured?: LogFormat | null;
  /**
   * The state folder, where everything is to be kept in rotated files of it too: 10 MB x 5 a service, 500 MB in all. Default:
   * null, no such files.
   */
  readonly stateFolder?: string | null;
  /** true: nothing is written to stdout and stderr. Default: false. */
  readonly quiet?: boolean;
}

/** The supervisor's logs on its own stdout and stderr, and in files. */
export function openLogs(clock: Clock, { stateFolder = null, configured = null, quiet = false, ...wish }: LogsWish): Logs {
  // What the output reports of itself goes through the hub, which needs the output.
  let say = (_sentence: string): void => {};
  const output = quiet ? toNowhere() : openOutput(clock, (sentence) => say(sentence));
  const stylesFor = (format: LogFormat | null) => ({
    stdout: chooseStyle({ ...wish, format: wish.format ?? format, terminal: output.stdout.terminal }),
    stderr: chooseStyle({ ...wish, format: wish.format ?? format, terminal: output.stderr.terminal }),
  });
  const styles = stylesFor(configured);
  const hub = createLogHub({ clock, output, styles, stylesFor, stateFolder, uid: process.getuid?.() ?? -1 });
  say = (sentence) => hub.say(sentence);
  return { hub, colourTerminal: output.stdout.terminal && styles.stdout.colour };
}

function toNowhere(): Output {
  const sink = createNowhereSink();
  return { stdout: sink, stderr: sink };
}
