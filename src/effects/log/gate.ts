import type { Readable } from "node:stream";
import type { Sink } from "./sink/sink.ts";

/** What a source has to wait for: a sink, as far as the source is concerned. */
export type Gate = Pick<Sink, "stalled" | "join" | "leave">;

/** Several gates at once: a source is read only while each of them is open. */
export interface JointGate extends Gate {
  /** From now on the others are these, also for what has joined already. */
  setOthers(gates: readonly Gate[]): void;
}

export function createGate(first: Gate): JointGate {
  const joined = new Set<Readable>();
  let others: readonly Gate[] = [];
  return {
    get stalled() {
      return first.stalled || others.some(({ stalled }) => stalled);
    },
    join(source) {
      joined.add(source);
      first.join(source);
      for (const other of others) other.join(source);
    },
    leave(source) {
      joined.delete(source);
      first.leave(source);
      for (const other of others) other.leave(source);
    },
    setOthers(gates) {
      const left = others.filter((gate) => !gates.includes(gate));
      const arrived = gates.filter((gate) => !others.includes(gate));
      others = gates;
      for (const source of joined) {
        for (const gate of left) gate.leave(source);
        for (const gate of arrived) gate.join(source);
        // One that an old gate had stopped goes on; the new ones and those that stay stop it again where they must.
        if (source.isPaused()) source.resume();
      }
    },
  };
}
