import { type Dialect, posixScript, words } from "./posix.ts";

/** Bash splits `--for=run` into three words, unless somebody has taken `=` out of COMP_WORDBREAKS, as npm's completion does. */
const BASH: Dialect = {
  opening: `# svc's completion for bash: eval "$(svc completion bash)"
_svc() {
  local words0=\${COMP_WORDS[0]} kept= count=0 word i
  local -a before
  before=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((count > 0)) && [[ $word == = && \${before[count - 1]} == --* || \${before[count - 1]} == --*= ]]; then
      before[count - 1]+=$word
    else
      before[count++]=$word
    fi
  done
  local cur=\${before[count - 1]} prev=\${before[count - 2]}
  before=("\${before[@]:0:count - 1}")
  COMPREPLY=()`,
  closing: `}
complete -F _svc svc`,
  afterEquals: `[[ $COMP_WORDBREAKS == *=* ]] || kept=$prev=`,
  offer: (choices) => `COMPREPLY+=($(compgen -P "$kept" -W ${words(choices)} -- "$cur"))`,
  offerLive: (command) => `COMPREPLY+=($(compgen -P "$kept" -W "$(${command})" -- "$cur"))`,
  offerFiles: `compopt -o default 2>/dev/null`,
};

export function bashScript(): string {
  return posixScript(BASH);
}
