/** What the pure part of the config needs from outside. */
export interface Context {
  /** Real path of the config file. */
  readonly file: string;
  /** The folder of that file: what relative paths start from. */
  readonly folder: string;
  /** Joins `path` to `from` unless it is absolute already. */
  readonly resolvePath: (from: string, path: string) => string;
  /** A short digest by which an edit of an inline service is recognised. */
  readonly hash: (text: string) => string;
  /** The text of a module, by which an edit is recognised; empty where it cannot be read. */
  readonly readText: (file: string) => string;
}
