import { chooseStyle, type StyleWish } from "../core/log/style.ts";
import type { Clock } from "./clock.ts";
import { createLogHub, type LogHub } from "./log-hub.ts";
import { openOutput } from "./output.ts";

export interface Logs {
  readonly hub: LogHub;
  /** With `pretty` on a terminal services are asked for colours (FORCE_COLOR). */
  readonly prettyTerminal: boolean;
}

/** The supervisor's logs on its own stdout and stderr. */
export function openLogs(clock: Clock, wish: Omit<StyleWish, "terminal">): Logs {
  const output = openOutput(clock, (sentence) => hub.say(sentence));
  const styles = {
    stdout: chooseStyle({ ...wish, terminal: output.stdout.terminal }),
    stderr: chooseStyle({ ...wish, terminal: output.stderr.terminal }),
  };
  const hub = createLogHub({ clock, output, styles });
  return { hub, prettyTerminal: output.stdout.terminal && styles.stdout.format === "pretty" };
}
