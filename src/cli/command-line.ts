import { type ParseArgsConfig, parseArgs } from "node:util";
import type { Argument, Command, GlobalOptions, Invocation, Option, OptionValue } from "./command.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "./commands.ts";

export interface Understood {
  readonly command: Command;
  readonly invocation: Invocation;
}

/** The common path: a command line without a mistake and without a wish for help. Null for any other. */
export function readCommandLine(argv: readonly string[]): Understood | null {
  const words = withMarkedCommand(argv);
  const at = commandAt(words);
  const command = COMMANDS.find(({ name }) => name === words[at]);
  if (!command) return null;
  try {
    const { values, positionals } = parseArgs({
      args: [...words.slice(0, at), ...words.slice(at + 1)],
      options: shapes([...GLOBAL_OPTIONS, ...command.options]),
      allowPositionals: true,
      strict: true,
    });
    if (!fits(command.args, positionals.length)) return null;
    return { command, invocation: invocation(positionals, new Map(Object.entries(values) as [string, OptionValue][])) };
  } catch {
    return null;
  }
}

export function invocation(args: readonly string[], options: ReadonlyMap<string, OptionValue>): Invocation {
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

/** The same with a `--` before the words of another program, where the user has left it out. */
export function withMarkedCommand(argv: readonly string[]): readonly string[] {
  const start = commandAt(argv);
  const command = COMMANDS.find(({ name }) => name === argv[start]);
  if (!command?.takesCommand) return argv;
  const at = afterOptions(argv, start + 1, [...GLOBAL_OPTIONS, ...command.options]);
  return at === argv.length || argv[at] === "--" ? argv : [...argv.slice(0, at), "--", ...argv.slice(at)];
}

/** The place of the first word that is neither an option for all commands nor the value of one. */
export function commandAt(argv: readonly string[]): number {
  return afterOptions(argv, 0, GLOBAL_OPTIONS);
}

/** The place, from `at` on, of the first word that is no option, or of a `--`. */
function afterOptions(argv: readonly string[], at: number, options: readonly Option[]): number {
  const withValue = new Set(options.flatMap(({ name, short, value }) => (value ? [`--${name}`, `-${short}`] : [])));
  let next = at;
  while (next < argv.length && argv[next]!.startsWith("-") && argv[next] !== "--") next += takesNext(argv[next]!, withValue) ? 2 : 1;
  return Math.min(next, argv.length);
}

/** `--name`, `-n`, and a group of short flags of which the last takes a value: `-ge 3`. */
function takesNext(word: string, withValue: ReadonlySet<string>): boolean {
  if (word.startsWith("--")) return withValue.has(word);
  const first = [...word.slice(1)].findIndex((letter) => withValue.has(`-${letter}`));
  return first >= 0 && first === word.length - 2;
}

function shapes(options: readonly Option[]): NonNullable<ParseArgsConfig["options"]> {
  return Object.fromEntries(
    options.map(({ name, short, value, repeatable }) => {
      const type = value === undefined ? ("boolean" as const) : ("string" as const);
      const shape = { type, multiple: repeatable === true };
      return [name, short === undefined ? shape : { ...shape, short }];
    }),
  );
}

function fits(args: readonly Argument[], count: number): boolean {
  const least = args.filter(({ required }) => required).length;
  const most = args.some(({ variadic }) => variadic) ? Number.POSITIVE_INFINITY : args.length;
  return count >= least && count <= most;
}
