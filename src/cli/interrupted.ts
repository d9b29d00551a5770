/** Ctrl-C in a client: an exit code (128 + SIGINT) and no words. */
export class Interrupted extends Error {
  readonly exitCode = 130;
}
