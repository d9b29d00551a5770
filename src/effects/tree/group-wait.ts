import { type Clock, pause } from "../clock.ts";
import type { Member, Tree } from "./members.ts";
import { signalGroup } from "./signal.ts";

/** Between two looks, in milliseconds: doubled from the first to the last. */
const POLL_MS = { first: 5, last: 100 } as const;

export interface GroupWait {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** The living members of the group. */
  readonly look: (tree: Tree) => Promise<Member[]>;
}

/** Resolves with what is left of the group at the timeout, or with nothing as soon as it is empty. */
export async function waitForGroup(tree: Tree, wait: GroupWait): Promise<Member[]> {
  const deadline = wait.clock.monotonic() + wait.timeoutMs;
  for (let interval: number = POLL_MS.first; ; interval = Math.min(interval * 2, POLL_MS.last)) {
    // The kernel's own answer first, because it is cheap; but it counts zombies that nobody waits for as members.
    const left = signalGroup(tree, 0) ? await wait.look(tree) : [];
    const rest = deadline - wait.clock.monotonic();
    if (left.length === 0 || rest <= 0) {
      return left;
    }
    await pause(wait.clock, Math.min(interval, rest));
  }
}
