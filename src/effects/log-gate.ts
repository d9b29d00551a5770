import type { Readable } from "node:stream";
import type { Sink } from "./sink.ts";

/** What a source has to wait for: a sink, as far as the source is concerned. */
export type Gate = Pick<Sink, "stalled" | "join" | "leave">;

/** One or two gates at once: a source is read only while each of them is open. */
export interface DoubleGate extends Gate {
  /** From now on the second one is this, also for what has joined already. */
  setSecond(gate: Gate | null): void;
}

export function createGate(first: Gate): DoubleGate {
  const joined = new Set<Readable>();
  let second: Gate | null = null;
  return {
    get stalled() {
      return first.stalled || second?.stalled === true;
    },
    join(source) {
      joined.add(source);
      first.join(source);
      second?.join(source);
    },
    leave(source) {
      joined.delete(source);
      first.leave(source);
      second?.leave(source);
    },
    setSecond(gate) {
      if (gate === second) return;
      for (const source of joined) second?.leave(source);
      // One that the old gate had stopped goes on; the new one and the first stop it again where they must.
      const wasStalled = second?.stalled === true;
      second = gate;
      for (const source of joined) {
        second?.join(source);
        if (wasStalled) source.resume();
      }
    },
  };
}
