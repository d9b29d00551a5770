import type { Clock } from "../clock.ts";
import type { LogFileSink } from "./files/file.ts";
import type { Output } from "./output.ts";

/** The end of a wait for outputs that may never take what was written to them. */

/** Whether the work was done within this time. */
export async function isInTime(work: Promise<unknown>, deadlineMs: number, clock: Clock): Promise<boolean> {
  let disarm = (): void => {};
  const deadline = new Promise<false>((resolve) => {
    disarm = clock.arm(deadlineMs, () => resolve(false));
  });
  const inTime = await Promise.race([work.then(() => true as const), deadline]);
  disarm();
  return inTime;
}

/** Gives up what waits for readers that do not read, and tells of it. */
export function giveUp({ stdout, stderr }: Output): string[] {
  const sentences: string[] = [];
  for (const sink of new Set([stdout, stderr])) {
    sink.flush();
    if (sink.waiting === 0) continue;
    const before = sink.dropped;
    sink.abandon();
    sentences.push(
      `nobody reads ${sink.name}: ${sink.dropped - before} lines that svc had read were dropped, and what services had not written out`,
    );
  }
  return sentences;
}

/** Gives up what a disk that hangs has not taken. */
export function giveUpFiles(files: readonly LogFileSink[]): string[] {
  return files.flatMap((file) => {
    const before = file.dropped;
    file.abandon();
    const lines = file.dropped - before;
    return lines === 0 ? [] : [`${file.path} could not be written in time: ${lines} lines were dropped`];
  });
}
