import { oldestUntilFits } from "../../../core/log/caps.ts";
import { type Rotated, removeFiles } from "./folder.ts";

/** The bytes that some logs may have together, all their files counted at every moment. */
export interface Budget {
  /** How large one current file may get: the current files alone are never more than the whole. */
  share(): number;
  join(member: Member): void;
  leave(member: Member): void;
  /** Makes room for so many bytes by removing the oldest files; to be called before they are written. */
  makeRoom(bytes: number): Promise<void>;
  /** True where the bytes fit without anything being removed. */
  fits(bytes: number): boolean;
  /** Tells that a member's current file, or what is made of one, has grown; after any other change, `recount`. */
  grown(bytes: number): void;
  recount(): void;
  limit(maxTotal: number): void;
}

/** A log: its current file, its rotated ones, and what a compression has written so far. */
export interface Member {
  currentBytes: number;
  partialBytes: number;
  old: Rotated[];
}

export function createBudget(maxTotal: number): Budget {
  const members = new Set<Member>();
  let total = maxTotal;
  // Kept as a sum: a thousand logs are not added up for each write.
  let used = 0;
  const recount = (): void => {
    used = 0;
    for (const { currentBytes, partialBytes, old } of members) {
      used += currentBytes + partialBytes;
      for (const { bytes } of old) used += bytes;
    }
  };
  return {
    share: () => Math.floor(total / Math.max(1, members.size)),
    join(member) {
      members.add(member);
      recount();
    },
    leave(member) {
      members.delete(member);
      recount();
    },
    fits: (bytes) => used + bytes <= total,
    async makeRoom(bytes) {
      if (used + bytes <= total) return;
      const all = Array.from(members, ({ old }) => old).flat();
      const going = new Set(oldestUntilFits(all, used + bytes - total));
      for (const member of members) member.old = member.old.filter((file) => !going.has(file));
      await removeFiles(going);
      recount();
    },
    grown(bytes) {
      used += bytes;
    },
    recount,
    limit(next) {
      total = next;
    },
  };
}
