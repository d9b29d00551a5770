import type { Command, Completes, Option } from "../command.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "../commands.ts";

/** What all three scripts are made from. */

export interface Choice {
  readonly word: string;
  readonly summary: string;
}

export const COMMAND_CHOICES: readonly Choice[] = COMMANDS.map(({ name, summary }) => ({ word: name, summary }));

export function optionsOf(command: Command | null): readonly Option[] {
  return [...(command?.options ?? []), ...GLOBAL_OPTIONS].filter(({ hidden }) => !hidden);
}

export function flagsOf({ name, short }: Option): readonly string[] {
  return short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
}

/** What the arguments of a command offer; those of all its places together. */
export function argumentsOf({ args }: Command): readonly Completes[] {
  return args.map(({ completes }) => completes).filter((completes) => completes !== undefined);
}

/** Within single quotes of a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
