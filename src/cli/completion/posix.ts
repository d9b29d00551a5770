import type { Completes } from "../command.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "../commands.ts";
import { type Choice, COMMAND_CHOICES, flagsOf, optionsOf, quote } from "./facts.ts";

/** How one shell offers what there is to choose from; the rest of the script is the same for bash and zsh. */
export interface Dialect {
  /** Begins the function: sets `cur`, `prev`, and `before`, an array from 0 of the words before that which is completed. */
  readonly opening: string;
  /** What is completed is the value in a word such as `--for=run`. */
  readonly afterEquals: string;
  /** Ends the script. */
  readonly closing: string;
  readonly offer: (choices: readonly Choice[]) => string;
  /** Words that a command prints, one a line. */
  readonly offerLive: (command: string) => string;
  readonly offerFiles: string;
}

/** The live names come from the supervisor that the line itself names. */
const LIVE = `"$words0" completion --names "\${where[@]}" 2>/dev/null`;

export function posixScript(dialect: Dialect): string {
  const valued = GLOBAL_OPTIONS.filter(({ value }) => value !== undefined).flatMap(flagsOf);
  const joined = valued.filter((flag) => flag.startsWith("--")).map((flag) => `${flag}=*`);
  return `${dialect.opening}
  if [[ $cur == --*=* ]]; then prev=\${cur%%=*}; cur=\${cur#*=}; ${dialect.afterEquals}; fi
  local command=
  local -a where
  where=()
  for ((i = 1; i < \${#before[@]}; i++)); do
    word=\${before[i]}
    case $word in
      ${valued.join("|")}) where+=("$word" "\${before[i + 1]}"); ((i++)) ;;
      ${joined.join("|")}) where+=("$word") ;;
      -*) ;;
      *) command=$word; break ;;
    esac
  done
  case $command:$prev in
${valueCases(dialect)}  esac
  case $command in
${commandCases(dialect)}  esac
${dialect.closing}`;
}

/** After an option that takes a value. */
function valueCases(dialect: Dialect): string {
  const cases = [null, ...COMMANDS].flatMap((command) =>
    optionsOf(command)
      .filter((option) => option.value !== undefined && (command === null || command.options.includes(option)))
      .map((option) => {
        const patterns = flagsOf(option).map((flag) => (command === null ? `*:${flag}` : `${command.name}:${flag}`));
        return `    ${patterns.join("|")}) ${offerOf(dialect, option.completes)}return ;;\n`;
      }),
  );
  return cases.join("");
}

function commandCases(dialect: Dialect): string {
  const cases = COMMANDS.map((command) => {
    const options = optionsOf(command).flatMap((option) => flagsOf(option).map((word) => ({ word, summary: option.summary })));
    const values = command.args.map(({ completes }) => offerOf(dialect, completes)).join("");
    return `    ${command.name})\n      if [[ $cur == -* ]]; then ${dialect.offer(options)}; else :; ${values}fi ;;\n`;
  });
  const globals = optionsOf(null).flatMap((option) => flagsOf(option).map((word) => ({ word, summary: option.summary })));
  const first = `    '') if [[ $cur == -* ]]; then ${dialect.offer(globals)}; else ${dialect.offer(COMMAND_CHOICES)}; fi ;;\n`;
  return first + cases.join("");
}

function offerOf(dialect: Dialect, completes: Completes | undefined): string {
  if (completes === undefined) return "";
  if (completes === "files") return `${dialect.offerFiles}; `;
  if (completes === "names") return `${dialect.offerLive(LIVE)}; `;
  return `${dialect.offer(completes.map((word) => ({ word, summary: "" })))}; `;
}

export function words(choices: readonly Choice[]): string {
  return quote(choices.map(({ word }) => word).join(" "));
}
