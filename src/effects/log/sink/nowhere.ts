import type { Sink } from "./sink.ts";

/** For a program that shows the lines itself, or none. */
export function createNowhereSink(): Sink {
  return {
    name: "nowhere",
    terminal: false,
    nowhere: true,
    stalled: false,
    gone: false,
    waiting: 0,
    dropped: 0,
    write() {},
    flush() {},
    discard() {},
    join() {},
    leave() {},
    settled: () => Promise.resolve(),
    abandon() {},
  };
}
