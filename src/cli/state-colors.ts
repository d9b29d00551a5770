import type { ShownState } from "../core/row.ts";
import type { GlobalOptions } from "./command.ts";

type Paint = (text: string) => string;

/** The colour of a state on stdout; plain text where none are wanted, by the same rules as for logs. */
export async function statePaints({ color }: GlobalOptions): Promise<(state: ShownState) => Paint> {
  const terminal = process.stdout.isTTY === true;
  if (!terminal && process.env.FORCE_COLOR === undefined) return () => (text) => text;
  const { chooseStyle } = await import("../core/log/style.ts");
  const style = chooseStyle({ format: "pretty", timestamps: false, noColor: !color, terminal, env: process.env });
  const { default: picocolors } = await import("picocolors");
  const { green, yellow, red, dim, cyan } = picocolors.createColors(style.colour);
  const paints: Readonly<Record<ShownState, Paint>> = {
    running: green,
    completed: green,
    scheduled: cyan,
    starting: cyan,
    waiting: cyan,
    stopping: yellow,
    backoff: yellow,
    unhealthy: red,
    failed: red,
    skipped: red,
    stopped: dim,
  };
  return (state) => paints[state];
}
