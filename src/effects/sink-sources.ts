import type { Readable } from "node:stream";

/** The pipes that feed a sink, paused and resumed together. */
export interface Sources {
  /** One that joins while the others are paused is paused too. */
  join(source: Readable): void;
  leave(source: Readable): void;
  pause(): void;
  resume(): void;
}

export function createSources(): Sources {
  const joined = new Set<Readable>();
  let paused = false;
  // At the exit of a process Node resumes its pipes by itself (flushStdio), so that unread ones do not keep it from ending.
  function stayPaused(this: Readable): void {
    if (paused) this.pause();
  }
  return {
    join(source) {
      joined.add(source);
      source.on("resume", stayPaused);
      if (paused) source.pause();
    },
    leave(source) {
      joined.delete(source);
      source.off("resume", stayPaused);
    },
    pause() {
      paused = true;
      for (const source of joined) source.pause();
    },
    resume() {
      if (!paused) return;
      paused = false;
      rotate(joined);
      for (const source of joined) source.resume();
    },
  };
}

/**
 * The pipes are looked at in the order in which they are resumed, and the first that floods stalls the sink again: each time
 * another one is the first.
 */
function rotate(joined: Set<Readable>): void {
  const [first] = joined;
  if (first === undefined) return;
  joined.delete(first);
  joined.add(first);
}
