import { type Choice, quote } from "./facts.ts";
import { type Dialect, posixScript } from "./posix.ts";

const ZSH: Dialect = {
  opening: `#compdef svc
# svc's completion for zsh: eval "$(svc completion zsh)", after compinit
_svc() {
  setopt localoptions ksharrays
  local cur=\${words[CURRENT-1]} prev=\${words[CURRENT-2]} words0=\${words[0]}
  local word i
  local -a before offered
  before=("\${(@)words[0,CURRENT-2]}")`,
  closing: `}
if [[ \${funcstack[1]:-} == _svc ]]; then _svc "$@"; else compdef _svc svc; fi`,
  afterEquals: "compset -P '*='",
  offer: (choices) => `offered=(${choices.map(described).join(" ")}); _svc_describe`,
  offerLive: (command) => `offered=("\${(@f)$(${command})}"); _svc_describe`,
  offerFiles: "_files",
};

/** What `_describe` makes of an array depends on its numbering, which is the usual one there. */
const DESCRIBE = `_svc_describe() {
  setopt localoptions noksharrays
  _describe -t svc svc offered
}`;

export function zshScript(): string {
  const [first = "", ...rest] = posixScript(ZSH).split("\n");
  return [first, DESCRIBE, ...rest].join("\n");
}

function described({ word, summary }: Choice): string {
  const name = word.replaceAll(":", "\\:");
  return quote(summary === "" ? name : `${name}:${summary}`);
}
