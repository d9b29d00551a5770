import { oldestUntilFits } from "../../../core/log/caps.ts";
import { logOf, type Rotated, removeFiles } from "./folder.ts";

/** The bytes that some logs may have together, all their files counted at every moment. */
export interface Budget {
  /** How large one current file may get: the current files alone are never more than the whole. */
  share(): number;
  /** Nobody writes before `looked`: by then it is counted what earlier lives have left of the log. */
  join(member: Member, looked: Promise<unknown>): void;
  /** The log is written no longer, from now on (milliseconds since 1970); its files stay, and still count. */
  leave(member: Member, now: number): void;
  /** So do these, of logs that are no more; as soon as they are known. */
  adopt(strangers: Promise<readonly Rotated[]>): void;
  /** Counts bytes that the member's current file is about to grow by, and makes room for them by removing the oldest files. */
  claim(member: Member, bytes: number): Promise<void>;
  /** Counts bytes that a compression of the member is about to write; false, and nothing, where they do not fit. */
  reserve(member: Member, bytes: number): Promise<boolean>;
  /** The current file has so many bytes. */
  settle(member: Member, bytes: number): void;
  /** Removes files of members; they count until they are gone. */
  drop(files: ReadonlySet<Rotated>): Promise<void>;
  /** To be called after any other change of a member. */
  recount(): void;
  limit(maxTotal: number): void;
}

/** A log: its current file, its rotated ones, and what a compression has written so far. */
export interface Member {
  readonly path: string;
  currentBytes: number;
  partialBytes: number;
  old: Rotated[];
  /** The current file has more than its share: it is to be rotated soon. */
  readonly shrink: () => void;
}

export function createBudget(maxTotal: number): Budget {
  const members = new Set<Member>();
  const looks = new Set<Promise<unknown>>();
  const drops = new Set<Promise<void>>();
  let strangers: Rotated[] = [];
  let total = maxTotal;
  let leavingBytes = 0;
  // Kept as a sum: a thousand logs are not added up for each write.
  let used = 0;
  const recount = (): void => {
    used = leavingBytes + sumOf(strangers);
    for (const { currentBytes, partialBytes, old } of members) used += currentBytes + partialBytes + sumOf(old);
  };
  const looked = async (): Promise<void> => {
    while (looks.size > 0) await Promise.all(looks);
  };
  const wait = (look: Promise<unknown>): void => {
    looks.add(look);
    void look.finally(() => {
      looks.delete(look);
      recount();
    });
  };
  const share = (): number => Math.floor(total / Math.max(1, members.size));
  const drop = (files: ReadonlySet<Rotated>): Promise<void> => {
    const bytes = sumOf(files);
    strangers = strangers.filter((file) => !files.has(file));
    for (const member of members) member.old = member.old.filter((file) => !files.has(file));
    leavingBytes += bytes;
    const dropping = removeFiles(files).then(() => {
      drops.delete(dropping);
      leavingBytes -= bytes;
      used -= bytes;
    });
    drops.add(dropping);
    return dropping;
  };
  const trim = async (): Promise<void> => {
    await looked();
    while (used > total) {
      const old = Array.from(members, (member) => member.old).flat();
      const going = oldestUntilFits([...strangers, ...old], used - leavingBytes - total);
      if (going.length > 0) void drop(new Set(going));
      // A single line may be longer than the cap.
      if (drops.size === 0) return;
      await Promise.all(drops);
    }
  };
  const shrink = (): void => {
    for (const member of members) if (member.currentBytes > share()) member.shrink();
  };
  const forget = (log: string): void => {
    strangers = strangers.filter(({ path }) => path !== log && logOf(path) !== log);
  };

  return {
    share,
    join(member, look) {
      members.add(member);
      forget(member.path);
      wait(look.then(shrink));
    },
    leave(member, now) {
      members.delete(member);
      const isHere = Array.from(members).some(({ path }) => path === member.path);
      if (!isHere) strangers.push(...member.old, ...currentOf(member, now));
      recount();
    },
    adopt(found) {
      const live = (path: string): boolean => Array.from(members).some((member) => member.path === path);
      wait(found.then((files) => strangers.push(...files.filter(({ path }) => !live(logOf(path))))));
    },
    async claim(member, bytes) {
      member.currentBytes += bytes;
      used += bytes;
      if (looks.size > 0 || used > total) await trim();
    },
    async reserve(member, bytes) {
      await looked();
      if (used + bytes > total) return false;
      member.partialBytes += bytes;
      used += bytes;
      return true;
    },
    settle(member, bytes) {
      used += bytes - member.currentBytes;
      member.currentBytes = bytes;
    },
    drop,
    recount,
    limit(next) {
      const isLess = next < total;
      total = next;
      if (!isLess) return;
      shrink();
      void trim();
    },
  };
}

function sumOf(files: Iterable<Rotated>): number {
  let sum = 0;
  for (const { bytes } of files) sum += bytes;
  return sum;
}

function currentOf({ path, currentBytes }: Member, now: number): Rotated[] {
  return currentBytes === 0 ? [] : [{ path, time: now, bytes: currentBytes, compressed: false }];
}
