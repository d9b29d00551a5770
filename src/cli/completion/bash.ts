import { type Dialect, posixScript, words } from "./posix.ts";

const BASH: Dialect = {
  opening: `# svc's completion for bash: eval "$(svc completion bash)"
_svc() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} words0=\${COMP_WORDS[0]}
  local -a before
  before=("\${COMP_WORDS[@]:0:COMP_CWORD}")
  COMPREPLY=()`,
  closing: `}
complete -F _svc svc`,
  offer: (choices) => `COMPREPLY+=($(compgen -W ${words(choices)} -- "$cur"))`,
  offerLive: (command) => `COMPREPLY+=($(compgen -W "$(${command})" -- "$cur"))`,
  offerFiles: `compopt -o default 2>/dev/null`,
};

export function bashScript(): string {
  return posixScript(BASH);
}
