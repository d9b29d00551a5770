/** Ctrl-C in a client: an exit code (128 + SIGINT), and what becomes of what it asked for, where it asked for anything. */
export class Interrupted extends Error {
  readonly exitCode = 130;
  readonly words: string | null;

  constructor(words: string | null = null) {
    super();
    this.words = words;
  }
}
