/** What other tools call a thing that svc has under another name: no misspelling, so no likeness would find it. */

const COMMANDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "svc start": "up run-all serve dev daemon resurrect",
    "svc stop": "down kill delete del rm shutdown quit exit",
    "svc list": "ps ls stats jlist state",
    "svc status NAME": "show describe desc info inspect",
    "svc top": "monit dash dashboard ui tui",
    "svc logs -f": "tail follow",
    "svc attach": "connect fg",
    "svc reload": "update reread apply",
    "svc check": "validate config lint test",
    "svc run -- CMD": "exec",
    "svc --version": "version",
    "svc doctor": "diagnose",
  }).flatMap(([here, words]) => words.split(" ").map((word) => [word, here])),
);

const OPTIONS: ReadonlyMap<string, string> = new Map([
  ["--daemon", "--detach"],
  ["--daemonize", "--detach"],
  ["--background", "--detach"],
  ["-D", "--detach"],
  ["--tail", "--lines"],
  ["--dry-run", "--plan"],
  ["--file", "--config"],
  ["-v", "--version"],
  ["-V", "--version"],
]);

/** The complaint about a word that svc calls otherwise, with what it is here in place of a likeness, which would mislead. */
export function withWordHere(complaint: string): string {
  const [, kind, word = ""] = /unknown (command|option) '([^']+)'/.exec(complaint) ?? [];
  const here = (kind === "command" ? COMMANDS : OPTIONS).get(word);
  if (here !== undefined) return `${complaint.split("\n")[0]}\n(Here it is \`${here}\`.)\n`;
  return complaint.includes("missing required argument 'name'") ? `${complaint.trimEnd()}\n(\`svc list\` shows the names.)\n` : complaint;
}
