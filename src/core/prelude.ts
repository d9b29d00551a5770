/**
 * What runs in a new process before its program: its cgroup, limits, niceness, the change of user, the umask, LISTEN_PID. Every
 * step is done by the process itself, so nothing that the program forks can come before it, and each ends in exec(2), so the pid
 * stays the same.
 */

/** A command as it is to be started. */
export interface Launch {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** `argv` begins with an absolute path, so that no shell looks for the program. */
export interface PreludePlan extends Launch {
  /** The folder of the cgroup that it joins, before it gives up the right to. */
  readonly cgroup: string | null;
  /** Open files, soft and hard. */
  readonly files: number | null;
  /** The size of a core dump in bytes, soft and hard. */
  readonly core: number | null;
  readonly umask: number | null;
  readonly nice: Niceness | null;
  /** The command that changes the user and then runs what is appended: `setpriv … --`. */
  readonly drop: readonly string[] | null;
  /** Whether it is given a socket: LISTEN_PID says whom (sd_listen_fds(3)), and its pid is known only to itself. */
  readonly listens: boolean;
  /** Whether the program is looked at, and the end of the prelude told on stderr. */
  readonly told: boolean;
}

export interface Niceness {
  /** The absolute path of nice(1). */
  readonly tool: string;
  readonly wanted: number;
  /** What is added to svc's own. */
  readonly by: number;
}

/** What the prelude writes to stderr directly before the program; anything else there is the complaint of a step. */
export const PRELUDE_DONE = "svc: exec\n";

export type PreludeStep = "limits.files" | "limits.core" | "nice" | "umask" | "program" | "user";

const SHELL = "/bin/sh";
const ENV = "/usr/bin/env";
const STEP = "svc step: ";
const FAILED = 125;
/** What `ulimit -c` counts in, in bytes (POSIX). */
const CORE_BLOCK = 512;

/** Loaders and shells obey these: what is the service's own business must not tell tools what to do while they are still root. */
const OBEYED_BY_TOOLS = /^(LD_|GLIBC_|GCONV_|MALLOC_|MUSL_|BASH|SHELLOPTS$|PS4$|ENV$|LOCPATH$|NLSPATH$)/;
/** dash drops every other variable from the environment. */
const KNOWN_TO_SHELLS = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Names and paths reach the shells as arguments; what stands in their scripts is fixed, or a number. */
export function withPrelude(plan: PreludePlan): Launch {
  const { env, hidden } = hide(plan);
  const nice = plan.nice === null || plan.nice.by === 0 ? [] : [plan.nice.tool, "-n", String(plan.nice.by)];
  const tool = plan.nice === null ? [] : [plan.nice.tool];
  const before = limits(plan);
  // A shell more takes a millisecond: where no other is needed before the change of user, and there is no such change, the last one joins.
  const isEarly = before.length > 0 || plan.drop !== null;
  const join = joining(plan);
  const outer = isEarly && before.length + join.steps.length > 0 ? shell([...join.steps, ...before], join.takes) : [];
  const last = isEarly ? NOTHING : join;
  const inner = shell([...last.steps, ...innerSteps(plan, hidden)], [...last.takes, ...tool]);
  return { argv: [...outer, ...nice, ...(plan.drop ?? []), ...inner, ...plan.argv], env };
}

/** Which step a prelude that ended before its time complains about on stderr; one that replaced the shell leaves no word of ours. */
export function readComplaint(text: string): { readonly step: PreludeStep; readonly words: string } {
  const lines = text.split("\n").filter((line) => line !== "");
  const own = lines.findLast((line) => line.startsWith(STEP));
  const words = lines.filter((line) => line !== own).map((line) => line.replace(/^sh: (\d+: |line \d+: )?/, ""));
  return { step: (own?.slice(STEP.length) ?? "user") as PreludeStep, words: words.join("; ") };
}

/** Steps of a script that take the first of its arguments away. */
interface Taking {
  readonly steps: readonly string[];
  readonly takes: readonly string[];
}

const NOTHING: Taking = { steps: [], takes: [] };

/** Where it may not, the service does without: svc looks whether somebody is in it. */
function joining({ cgroup }: PreludePlan): Taking {
  return cgroup === null ? NOTHING : { steps: ['{ echo 0 >"$1/cgroup.procs"; } 2>/dev/null || :', "shift"], takes: [cgroup] };
}

function shell(steps: readonly string[], taken: readonly string[]): readonly string[] {
  return [SHELL, "-c", [...steps, 'exec "$@"'].join("\n"), "sh", ...taken];
}

/** Before the change of user: only root may raise a hard limit. */
function limits({ files, core }: PreludePlan): readonly string[] {
  return [
    ...(files === null ? [] : [orFail(`ulimit -n ${files}`, "limits.files")]),
    ...(core === null ? [] : [orFail(`ulimit -c ${Math.floor(core / CORE_BLOCK)}`, "limits.core")]),
  ];
}

function innerSteps({ nice, umask, listens, told }: PreludePlan, hidden: readonly string[]): readonly string[] {
  const aliases = hidden.map((_, index) => aliasOf(index));
  return [
    // nice(1) only warns where it may not, and runs its command all the same.
    ...(nice === null ? [] : [orFail(`[ "$("$1")" = ${nice.wanted} ]`, "nice"), "shift"]),
    ...(umask === null ? [] : [orFail(`umask ${umask.toString(8).padStart(4, "0")}`, "umask")]),
    ...(told ? [orFail('[ -x "$1" ]', "program")] : []),
    ...(listens ? ["LISTEN_PID=$$", "export LISTEN_PID"] : []),
    ...(hidden.length === 0
      ? []
      : [`set -- ${[ENV, ...aliases.map((alias) => `"$${alias}"`)].join(" ")} "$@"`, `unset ${aliases.join(" ")}`]),
    ...(told ? [`printf '${PRELUDE_DONE.trimEnd()}\\n' >&2`] : []),
  ];
}

function orFail(command: string, step: PreludeStep): string {
  return `${command} || { echo '${STEP}${step}' >&2; exit ${FAILED}; }`;
}

/** What tools and shells would obey or lose goes past them as `SVC_LATER_0=NAME=value`; env(1) puts it in its place. */
function hide({ env, drop }: PreludePlan): { readonly env: Launch["env"]; readonly hidden: readonly string[] } {
  const entries = Object.entries(env);
  const isHidden = (name: string): boolean => !KNOWN_TO_SHELLS.test(name) || (drop !== null && OBEYED_BY_TOOLS.test(name));
  const hidden = entries.filter(([name]) => isHidden(name)).map(([name, value]) => `${name}=${value}`);
  const aliased = hidden.map((pair, index): [string, string] => [aliasOf(index), pair]);
  return { env: Object.fromEntries([...entries.filter(([name]) => !isHidden(name)), ...aliased]), hidden };
}

function aliasOf(index: number): string {
  return `SVC_LATER_${index}`;
}
