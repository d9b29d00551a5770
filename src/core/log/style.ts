import type { LogFormat } from "../spec.ts";

/** How lines are shown on one of the two outputs. */
export interface LogStyle {
  readonly format: LogFormat;
  /** Only `pretty` knows colours, svc's own and the services'. */
  readonly colour: boolean;
  /** Each line of `pretty` and `plain` begins with its time; JSON always has it. */
  readonly timestamps: boolean;
}

export interface StyleWish {
  /** null: `pretty` on a terminal, else `plain`. */
  readonly format: LogFormat | null;
  readonly timestamps: boolean;
  readonly noColor: boolean;
  readonly terminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function chooseStyle(wish: StyleWish): LogStyle {
  const format = wish.format ?? (wish.terminal ? "pretty" : "plain");
  return { format, colour: format === "pretty" && wantsColour(wish), timestamps: wish.timestamps };
}

/** `--no-color` and NO_COLOR (no-color.org: any text but the empty one) win over FORCE_COLOR, which wins over the terminal. */
function wantsColour({ noColor, terminal, env }: StyleWish): boolean {
  if (noColor || (env.NO_COLOR ?? "") !== "") return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return terminal && env.TERM !== "dumb";
}
