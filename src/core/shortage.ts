/** What a machine can run out of: errno's name, and what to do about it. */
const CURES: Readonly<Record<string, string>> = {
  EMFILE: "raise the limit on open files (`ulimit -n`): svc needs 40, and 3 more for each service",
  ENFILE: "the whole machine is at its limit on open files: end something, or raise fs.file-max",
  EAGAIN: "the limit on processes is reached (`ulimit -u`, or that of the container): end something, or raise it",
  ENOMEM: "the memory is used up: end something, or raise the limit of the container",
  ENOSPC: "its disk is full: make room there, or name another place, with XDG_RUNTIME_DIR or TMPDIR",
  EDQUOT: "the quota there is used up: make room, or name another place, with XDG_RUNTIME_DIR or TMPDIR",
};

/** Null where the error says nothing of the kind. */
export function cureFor(error: unknown): string | null {
  const code = error instanceof Error ? (error as { readonly code?: unknown }).code : undefined;
  return typeof code === "string" && Object.hasOwn(CURES, code) ? CURES[code]! : null;
}
