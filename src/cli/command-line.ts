import { type ParseArgsConfig, parseArgs } from "node:util";
import type { Argument, Command, GlobalOptions, Invocation, Option } from "./command.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "./commands.ts";

export interface Understood {
  readonly command: Command;
  readonly invocation: Invocation;
}

/** The common path: a command line without a mistake and without a wish for help. Null for any other. */
export function readCommandLine(argv: readonly string[]): Understood | null {
  const at = commandAt(argv);
  const command = COMMANDS.find(({ name }) => name === argv[at]);
  if (!command) return null;
  try {
    const { values, positionals } = parseArgs({
      args: [...argv.slice(0, at), ...argv.slice(at + 1)],
      options: shapes([...GLOBAL_OPTIONS, ...command.options]),
      allowPositionals: true,
      strict: true,
    });
    if (!fits(command.args, positionals.length)) return null;
    return { command, invocation: invocation(positionals, new Map(Object.entries(values) as [string, string | true][])) };
  } catch {
    return null;
  }
}

export function invocation(args: readonly string[], options: ReadonlyMap<string, string | true>): Invocation {
  const text = (name: string): string | undefined => {
    const value = options.get(name);
    return typeof value === "string" ? value : undefined;
  };
  const global: GlobalOptions = {
    config: text("config"),
    socket: text("socket"),
    color: !options.has("no-color"),
    quiet: options.has("quiet"),
  };
  return { args, options, global };
}

/** The place of the first word that is neither an option for all commands nor the value of one. */
function commandAt(argv: readonly string[]): number {
  const withValue = new Set(GLOBAL_OPTIONS.flatMap(({ name, short, value }) => (value ? [`--${name}`, `-${short}`] : [])));
  let at = 0;
  while (at < argv.length && argv[at]!.startsWith("-")) at += withValue.has(argv[at]!) ? 2 : 1;
  return at;
}

function shapes(options: readonly Option[]): NonNullable<ParseArgsConfig["options"]> {
  return Object.fromEntries(
    options.map(({ name, short, value }) => {
      const type = value === undefined ? ("boolean" as const) : ("string" as const);
      return [name, short === undefined ? { type } : { type, short }];
    }),
  );
}

function fits(args: readonly Argument[], count: number): boolean {
  const least = args.filter(({ required }) => required).length;
  const most = args.some(({ variadic }) => variadic) ? Number.POSITIVE_INFINITY : args.length;
  return count >= least && count <= most;
}
