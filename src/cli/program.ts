import { CommanderError, Command as Program, Option as ProgramOption } from "commander";
import { EXIT } from "../core/errors.ts";
import { version } from "../effects/version.ts";
import type { Argument, CommandShape, Option, OptionValue } from "./command.ts";
import { commandAt, invocation, type Understood, withMarkedCommand } from "./command-line.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "./commands.ts";
import { withWordHere } from "./words-elsewhere.ts";

/** Help, and what is wrong with a command line: the exit code, after it was printed. Else what was understood. */
export async function readWithHelp(argv: readonly string[]): Promise<Understood | number> {
  let understood: Understood | null = null;
  const program = createProgram((found) => {
    understood = found;
  });
  try {
    await program.parseAsync([...(withoutHelp(argv) ?? withMarkedCommand(argv))], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
  return understood ?? EXIT.usage;
}

/**
 * The name alone of a command that there is no help for (`svc help lits`, `svc lits --help`): the library would print that of svc
 * for one that does not exist. Null for any other line.
 */
function withoutHelp(argv: readonly string[]): readonly string[] | null {
  const at = commandAt(argv);
  const name = argv[at] === "help" ? argv[at + 1] : argv[at];
  const isKnown = name === undefined || name.startsWith("-") || COMMANDS.some((command) => command.name === name);
  return isKnown ? null : [name];
}

function createProgram(onUnderstood: (understood: Understood) => void): Program {
  const program = new Program("svc")
    .description("A process supervisor for anything that has a pid.")
    .version(version(), "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(withWordHere(text.replace(/^error: /, "svc: "))) })
    .showHelpAfterError("Try `svc --help`.")
    .exitOverride();
  for (const option of GLOBAL_OPTIONS) addOption(program, option);
  program.addHelpText("after", "\nExample: svc start, then svc list in another terminal");
  for (const command of COMMANDS) {
    const sub = program.command(command.name).description(command.summary);
    for (const argument of command.args) sub.argument(argumentText(argument));
    for (const option of command.options) addOption(sub, option);
    sub.addHelpText("after", examples(command));
    sub.showHelpAfterError(`Try \`svc ${command.name} --help\`.`);
    sub.action(() => onUnderstood({ command, invocation: invocation(sub.args, givenOptions(sub, command)) }));
  }
  return program;
}

function addOption(program: Program, { name, short, value, repeatable, hidden, summary }: Option): void {
  const flags = [short === undefined ? null : `-${short}`, `--${name}`].filter((flag) => flag !== null).join(", ");
  if (hidden) program.addOption(new ProgramOption(flags, summary).hideHelp());
  else if (value === undefined) program.option(flags, summary);
  else if (repeatable) program.option(`${flags} <${value}>`, summary, append);
  else program.option(`${flags} <${value}>`, summary);
}

function append(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function argumentText({ name, required, variadic }: Argument): string {
  const text = variadic ? `${name}...` : name;
  return required ? `<${text}>` : `[${text}]`;
}

function examples({ examples: lines }: CommandShape): string {
  return `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

/** Commander turns `--no-color` into `color: false`, and dashes into capitals. */
function givenOptions(sub: Program, command: CommandShape): Map<string, OptionValue> {
  const values: Record<string, unknown> = sub.optsWithGlobals();
  const given = new Map<string, OptionValue>();
  for (const { name } of [...GLOBAL_OPTIONS, ...command.options]) {
    const negated = name.startsWith("no-");
    const key = (negated ? name.slice(3) : name).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const value = values[key];
    if (negated ? value === false : value === true) given.set(name, true);
    else if (typeof value === "string" || Array.isArray(value)) given.set(name, value);
  }
  return given;
}
