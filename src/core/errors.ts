/** Exit codes that are part of the contract; see the table in the README. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  noSupervisor: 3,
  noSuchService: 4,
} as const;

/**
 * An error whose message is meant for the user: what, which value, where, what to do.
 * Anything else that is thrown is a fault of svc and is printed with its stack.
 */
export class SvcError extends Error {
  readonly exitCode: number;
  /** What to do about it, on a line of its own. */
  readonly hint: string | null;

  constructor(message: string, exitCode: number, options: { readonly hint?: string | null; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SvcError";
    this.exitCode = exitCode;
    this.hint = options.hint ?? null;
  }
}
