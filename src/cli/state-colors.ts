import type { ShownState } from "../core/row.ts";

type Paint = (text: string) => string;

/** The colour of a state; plain text where none are wanted. */
export async function statePaints(colored: boolean): Promise<(state: ShownState) => Paint> {
  if (!colored) return () => (text) => text;
  const { default: picocolors } = await import("picocolors");
  const { green, yellow, red, dim, cyan } = picocolors.createColors(true);
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
