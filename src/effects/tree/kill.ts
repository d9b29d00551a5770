import { type Clock, pause } from "../clock.ts";
import type { Member, Tree } from "./members.ts";
import { signalExactly } from "./signal.ts";

/** A round that finds nothing proves little against a program that forks all the time; so many in a row do. */
const QUIET_ROUNDS = 3;
/** Freezing follows the forks of the last pass; a tree that still grows after so many passes is killed as far as it is known. */
const FREEZE_PASSES = 10;
/** Rounds that may stay without a verdict; then somebody is always in the midst of something, and no concern of ours. */
const UNSURE_ROUNDS = 10;

export interface KillTools {
  readonly clock: Clock;
  /** A fresh pass over /proc. */
  readonly look: (tree: Tree) => Promise<Member[]>;
  /** What became of the members that the tree's last look did not know. */
  readonly strike: (tree: Tree) => Promise<"hit" | "unsure" | "nothing">;
}

/**
 * Ends every member: freeze (a stopped process cannot fork), look again until no new one appears, kill, strike at what was
 * born meanwhile; over again until three rounds in a row find nothing, or `budgetMs` is over. Resolves with what is left:
 * processes that svc may not signal (another user's), or that the kernel cannot end now (state D).
 */
export async function killTree(tree: Tree, tools: KillTools, budgetMs: number): Promise<Member[]> {
  const deadline = tools.clock.monotonic() + budgetMs;
  let unsure = 0;
  for (let quiet = 0; ; ) {
    // null: /proc could not be read (out of descriptors), which says nothing about the tree.
    const members = await freeze(tree, tools).catch(() => null);
    const active = members === null || signalAll(members, "SIGKILL");
    const struck = await tools.strike(tree).catch(() => "hit");
    unsure += struck === "unsure" ? 1 : 0;
    if (active || struck === "hit") quiet = 0;
    else if (struck === "nothing" || unsure > UNSURE_ROUNDS) quiet += 1;
    if (members !== null && quiet === QUIET_ROUNDS) {
      return members;
    }
    if (tools.clock.monotonic() >= deadline) {
      return tools.look(tree);
    }
    await pause(tools.clock, 2 + quiet * 10);
  }
}

async function freeze(tree: Tree, { look }: KillTools): Promise<Member[]> {
  const frozen = new Map<number, number>();
  let members = await look(tree);
  for (let pass = 1; pass < FREEZE_PASSES; pass += 1) {
    const fresh = members.filter(({ pid, start }) => frozen.get(pid) !== start);
    if (!signalAll(fresh, "SIGSTOP")) {
      break;
    }
    for (const { pid, start } of fresh) {
      frozen.set(pid, start);
    }
    members = await look(tree);
  }
  return members;
}

/**
 * True if there was anybody to signal. Who went away between the look and the signal counts too: it may have left a successor.
 * Who may not be signalled does not: trying again would not help.
 */
function signalAll(members: readonly Member[], signal: string): boolean {
  return members.filter((member) => signalExactly(member, signal) !== "refused").length > 0;
}
