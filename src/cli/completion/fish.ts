import type { Command, Completes, Option } from "../command.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "../commands.ts";
import { argumentsOf, COMMAND_CHOICES } from "./facts.ts";

export function fishScript(): string {
  return [
    "# svc's completion for fish: svc completion fish | source",
    FUNCTIONS,
    "complete -c svc -f",
    ...COMMAND_CHOICES.map(({ word, summary }) => `complete -c svc -n __svc_no_command -a ${word} -d ${quote(summary)}`),
    ...GLOBAL_OPTIONS.map((option) => optionLine(option, "")),
    ...COMMANDS.flatMap(commandLines),
  ].join("\n");
}

/** The first word that is neither an option for all commands nor the value of one; and the supervisor that the line names. */
const VALUED = GLOBAL_OPTIONS.filter(({ value }) => value !== undefined).flatMap(({ name, short }) => [
  `--${name}`,
  ...(short ? [`-${short}`] : []),
]);
const JOINED = VALUED.filter((flag) => flag.startsWith("--"));
const FUNCTIONS = `function __svc_command
  set -l tokens (commandline -opc)
  set -l skip 0
  for token in $tokens[2..-1]
    if test $skip = 1
      set skip 0
    else if contains -- $token ${VALUED.join(" ")}
      set skip 1
    else if not string match -q -- '-*' $token
      echo $token
      return
    end
  end
end
function __svc_no_command
  test -z "$(__svc_command)"
end
function __svc_is
  test "$(__svc_command)" = $argv[1]
end
function __svc_names
  set -l tokens (commandline -opc)
  set -l where
  for i in (seq 2 (count $tokens))
    if contains -- $tokens[$i] ${VALUED.join(" ")}
      set -l next (math $i + 1)
      set -a where $tokens[$i] $tokens[$next]
    else if string match -qr -- '^(?:${JOINED.join("|")})=' $tokens[$i]
      set -a where $tokens[$i]
    end
  end
  $tokens[1] completion --names $where 2>/dev/null
end`;

function commandLines(command: Command): string[] {
  const when = ` -n '__svc_is ${command.name}'`;
  const offers = argumentsOf(command).map((completes) => `complete -c svc${when} -a ${offer(completes)}`);
  return [...offers, ...command.options.filter(({ hidden }) => !hidden).map((option) => optionLine(option, when))];
}

function optionLine({ name, short, value, summary, completes }: Option, when: string): string {
  const flags = `${short === undefined ? "" : ` -s ${short}`} -l ${name}`;
  const values =
    value === undefined ? "" : completes === "files" ? " -r -F" : ` -x${completes === undefined ? "" : ` -a ${offer(completes)}`}`;
  return `complete -c svc${when}${flags}${values} -d ${quote(summary)}`;
}

function offer(completes: Completes): string {
  if (completes === "names") return "'(__svc_names)'";
  return completes === "files" ? "'(__fish_complete_path)'" : quote(completes.join(" "));
}

/** Within single quotes fish reads a backslash only before another and before a quote. */
function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
