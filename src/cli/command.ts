/** What a command looks like from outside, as data: the fast path and the help are both made from it. */
export interface CommandShape {
  readonly name: string;
  /** One line, for `svc --help`. */
  readonly summary: string;
  readonly args: readonly Argument[];
  readonly options: readonly Option[];
  readonly examples: readonly string[];
  /** Its arguments are another program's words: from the first that is no option of svc on, or after `--`, all are taken as they are. */
  readonly takesCommand?: true;
}

export interface Command extends CommandShape {
  readonly load: () => Promise<CommandModule>;
}

export interface Argument {
  readonly name: string;
  readonly required: boolean;
  /** Takes all that follow. */
  readonly variadic: boolean;
  readonly completes?: Completes;
}

/** What a shell offers for a value: the live services, files, or these words. Default: nothing. */
export type Completes = "names" | "files" | readonly string[];

export interface Option {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** Name of the value in the help; without it the option is a flag. */
  readonly value?: string;
  /** May be given more than once; the values are then a list. Only with a value. */
  readonly repeatable?: true;
  readonly completes?: Completes;
  /** For svc itself: in no help and no completion. */
  readonly hidden?: true;
  readonly summary: string;
}

/** What was given for an option: its value, all values of a repeatable one, or that the flag is there. */
export type OptionValue = string | true | readonly string[];

export interface CommandModule {
  /** Resolves to the exit code. */
  run(invocation: Invocation): Promise<number>;
  /**
   * The process ends with the command, whatever it still holds (pipes of processes that could not be ended), and not
   * before: it goes on when nobody reads its output.
   */
  readonly endsProcess?: true;
  /**
   * The process ends with the command, and the outputs are another program's: svc opens no stream on them, which would make
   * them non-blocking for that program too, and leaves the terminal as that program has set it.
   */
  readonly leavesOutput?: true;
}

/** A command line that was understood. */
export interface Invocation {
  readonly args: readonly string[];
  readonly options: ReadonlyMap<string, OptionValue>;
  readonly global: GlobalOptions;
}

export interface GlobalOptions {
  readonly config: string | undefined;
  readonly socket: string | undefined;
  /** False after `--no-color`. */
  readonly color: boolean;
  readonly quiet: boolean;
}
