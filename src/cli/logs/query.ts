import { EXIT, SvcError } from "../../core/errors.ts";
import { isFound, isWanted, type Wanted } from "../../core/log/wanted.ts";
import type { LogsParams } from "../../core/methods.ts";
import type { LogRecord } from "../../core/protocol.ts";
import type { Invocation } from "../command.ts";
import { choiceOption, countOption, patternOption, textOption, timeOption } from "../values.ts";

const STREAMS = ["stdout", "stderr", "svc"] as const;

/** What `svc logs` was asked for. */
export interface Query {
  readonly names: readonly string[];
  readonly follow: boolean;
  readonly wanted: Wanted;
  readonly grep: RegExp | undefined;
  readonly lines: number | undefined;
  /** Whether what the supervisor has in memory may be too little of it. */
  readonly reachesBack: boolean;
}

export function queryOf(invocation: Invocation): Query {
  const now = Date.now();
  const since = timeOption(invocation, "since", now);
  const until = timeOption(invocation, "until", now);
  const stream = choiceOption(invocation, "stream", STREAMS);
  const grep = patternOption(invocation, "grep");
  const lines = countOption(invocation, "lines");
  if (since !== undefined && until !== undefined && since >= until) {
    const [from, to] = [textOption(invocation, "since"), textOption(invocation, "until")];
    throw new SvcError(`--since ${from} is not before --until ${to}: no line can be both`, EXIT.usage);
  }
  return {
    names: invocation.args,
    follow: invocation.options.has("follow"),
    wanted: {
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(stream === undefined ? {} : { stream }),
    },
    grep,
    lines,
    reachesBack: [since, until, grep, lines].some((value) => value !== undefined),
  };
}

/** The pattern is looked for here: a bad one must not keep the supervisor busy. */
export function paramsOf({ names, follow, wanted, grep, lines, reachesBack }: Query): LogsParams {
  return { names, follow, files: reachesBack, ...wanted, ...(grep || lines === undefined ? {} : { lines }) };
}

export function matches({ wanted, grep }: Query, record: LogRecord): boolean {
  return isWanted(wanted, record) && (grep === undefined || isFound(grep, record.line));
}

export function newest<T>(items: readonly T[], count: number | undefined): readonly T[] {
  return count === undefined ? items : items.slice(Math.max(0, items.length - count));
}
