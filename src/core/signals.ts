/** Linux's numbers of the signals 1–31 (signal(7), the x86 and arm column). A death by one is exit code 128 + its number. */
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGQUIT", 3],
  ["SIGILL", 4],
  ["SIGTRAP", 5],
  ["SIGABRT", 6],
  ["SIGBUS", 7],
  ["SIGFPE", 8],
  ["SIGKILL", 9],
  ["SIGUSR1", 10],
  ["SIGSEGV", 11],
  ["SIGUSR2", 12],
  ["SIGPIPE", 13],
  ["SIGALRM", 14],
  ["SIGTERM", 15],
  ["SIGSTKFLT", 16],
  ["SIGCHLD", 17],
  ["SIGCONT", 18],
  ["SIGSTOP", 19],
  ["SIGTSTP", 20],
  ["SIGTTIN", 21],
  ["SIGTTOU", 22],
  ["SIGURG", 23],
  ["SIGXCPU", 24],
  ["SIGXFSZ", 25],
  ["SIGVTALRM", 26],
  ["SIGPROF", 27],
  ["SIGWINCH", 28],
  ["SIGIO", 29],
  ["SIGPWR", 30],
  ["SIGSYS", 31],
]);

export const SIGNAL_NAMES: readonly string[] = [...NUMBERS.keys()];

/** `SIGTERM` for 15, `SIG40` for the real-time signal 40. */
export function signalName(number: number): string {
  return SIGNAL_NAMES[number - 1] ?? `SIG${number}`;
}

/** The number of `SIGTERM`, or of a real-time signal written `SIG40`; null for anything else. */
export function signalNumber(name: string): number | null {
  const known = NUMBERS.get(name);
  if (known !== undefined) return known;
  const realTime = /^SIG(3[2-9]|[45]\d|6[0-4])$/.exec(name);
  return realTime ? Number(realTime[1]) : null;
}
