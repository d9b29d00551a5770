import type { FileLine } from "./file-line.ts";

/** A line, and which of the logs it is from. */
export interface Sourced {
  readonly time: string;
  readonly source: number;
  readonly line: FileLine;
}

/**
 * What stands in several logs comes once. `batches` are in order of time; the lines of one moment are compared with each other,
 * and the log that has most of them says their order: of the others some may have been rotated away, or not be written yet.
 */
export async function* eachOnce(batches: AsyncIterable<readonly Sourced[]>): AsyncGenerator<FileLine[]> {
  let moment: Sourced[] = [];
  for await (const batch of batches) {
    const whole: FileLine[] = [];
    for (const item of batch) {
      if (moment[0] !== undefined && moment[0].time !== item.time) {
        whole.push(...once(moment));
        moment = [];
      }
      moment.push(item);
    }
    yield whole;
  }
  yield once(moment);
}

/** A service may write the same line twice in a millisecond: as often as it stands in one log, it comes. */
function once(moment: readonly Sourced[]): FileLine[] {
  const sources = [...new Set(moment.map(({ source }) => source))];
  if (sources.length <= 1) return moment.map(({ line }) => line);
  const kept = new Map<string, number>();
  return sources
    .map((source) => moment.filter((one) => one.source === source))
    .sort((one, other) => other.length - one.length)
    .flatMap((lines) => newIn(lines, kept));
}

/** The lines that `kept` has not yet so often; it counts them then. */
function newIn(lines: readonly Sourced[], kept: Map<string, number>): FileLine[] {
  const seen = new Map<string, number>();
  return lines.flatMap(({ line }) => {
    const key = keyOf(line);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    if (count <= (kept.get(key) ?? 0)) return [];
    kept.set(key, count);
    return [line];
  });
}

function keyOf({ name, pid, stream, continued, line }: FileLine): string {
  return `${name} ${pid} ${stream} ${continued} ${line}`;
}
