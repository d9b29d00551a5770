import type { Readable } from "node:stream";

/** The pipes that feed a sink. */
export interface Sources {
  /** One that joins while the others are paused is paused too. */
  join(source: Readable): void;
  leave(source: Readable): void;
  pause(): void;
  /** Some go on at once, and the others as long as there is no new pause. */
  resume(): void;
}

/**
 * So many floods fill a sink again: to let all of many go on each time would be a stop and a start of each of them for a
 * few that are read.
 */
const FIRST = 4;

export function createSources(): Sources {
  const running = new Set<Readable>();
  /** The next to go on is the first. */
  const waiting = new Set<Readable>();
  let paused = false;
  let next: NodeJS.Immediate | null = null;
  // At the exit of a process Node resumes its pipes by itself (flushStdio), so that unread ones do not keep it from ending.
  function stayPaused(this: Readable): void {
    if (waiting.has(this)) this.pause();
  }
  const resumeSome = (count: number): void => {
    next = null;
    for (const source of [...waiting].slice(0, count)) {
      waiting.delete(source);
      running.add(source);
      source.resume();
    }
    if (waiting.size > 0) next = setImmediate(afterReading, 2 * count);
  };
  /** What goes on now is read only after this turn's immediates. */
  const afterReading = (count: number): void => {
    next = setImmediate(resumeSome, count);
  };
  return {
    join(source) {
      (paused ? waiting : running).add(source);
      source.on("resume", stayPaused);
      if (paused) source.pause();
    },
    leave(source) {
      running.delete(source);
      waiting.delete(source);
      source.off("resume", stayPaused);
    },
    pause() {
      paused = true;
      if (next !== null) clearImmediate(next);
      next = null;
      for (const source of firstLast(running)) {
        waiting.add(source);
        source.pause();
      }
      running.clear();
    },
    resume() {
      if (!paused) return;
      paused = false;
      resumeSome(FIRST);
    },
  };
}

/**
 * The pipes are looked at in the order in which they are resumed, and the first that floods may stall the sink by itself: the
 * next time another one is the first.
 */
function firstLast(running: ReadonlySet<Readable>): Readable[] {
  const [first, ...others] = running;
  return first === undefined ? [] : [...others, first];
}
