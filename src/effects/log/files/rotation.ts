import { rename } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { surplus } from "../../../core/log/caps.ts";
import { rotatedName } from "../../../core/log/rotated-name.ts";
import type { LogFile } from "../../../core/spec.ts";
import type { Budget, Member } from "./budget.ts";
import { type Rotated, removeFiles, rotatedFiles } from "./folder.ts";

/** The rotated files of one log: they come, are compressed, and go. */
export interface Rotation {
  /** Looks at the folder: what earlier lives have left counts too. */
  look(): Promise<void>;
  /** Gives the current file, which has so many bytes, its lasting name. Rejects with a system error. */
  rotate(bytes: number, now: number): Promise<void>;
  /** Removes what is too old or too much. */
  prune(now: number): Promise<void>;
  /** Resolves when nothing is being compressed. */
  compressed(): Promise<unknown>;
  /** Ends a compression, for this time; resolves when nothing of it is left. */
  stop(): Promise<unknown>;
}

export interface RotationOptions {
  readonly path: string;
  readonly caps: () => LogFile;
  readonly budget: Budget;
  readonly member: Member;
}

const move = promisify(rename);

export function createRotation({ path, caps, budget, member }: RotationOptions): Rotation {
  let compressing: Promise<unknown> = Promise.resolve();
  let busy = false;
  const stopping = new AbortController();

  const look = async (): Promise<void> => {
    // What is being compressed has two files, and one of them may change its name at any time.
    if (busy) return;
    member.old = await rotatedFiles(path);
    budget.recount();
  };
  const prune = async (now: number): Promise<void> => {
    const going = new Set(surplus(member.old, caps(), now));
    if (going.size > 0) await budget.drop(going);
  };
  const compressAll = async (): Promise<void> => {
    const { compressFile } = await import("./compress.ts");
    const tried = new Set<Rotated>();
    for (;;) {
      const file = member.old.find((one) => !one.compressed && !tried.has(one));
      if (file === undefined || stopping.signal.aborted) return;
      tried.add(file);
      const made = await compressFile(file, { allow, isWanted: () => member.old.includes(file), signal: stopping.signal });
      if (made !== null) await replace(file, made);
      member.partialBytes = 0;
      budget.recount();
    }
  };
  const allow = (bytes: number): Promise<boolean> => budget.reserve(member, bytes);
  const replace = async (file: Rotated, made: Rotated): Promise<void> => {
    // It may have gone meanwhile, by a cap.
    if (member.old.includes(file)) member.old = member.old.map((one) => (one === file ? made : one));
    else await removeFiles([made]);
  };

  return {
    look,
    prune,
    async rotate(bytes, now) {
      const time = Math.max(now, (member.old.at(-1)?.time ?? 0) + 1);
      const to = join(dirname(path), rotatedName(basename(path), time));
      await move(path, to);
      member.old.push({ path: to, time, bytes, compressed: false });
      member.currentBytes = 0;
      budget.recount();
      await prune(now);
      // Where it was rotated because it had more than its share.
      await budget.claim(member, 0);
      if (!caps().compress || busy || stopping.signal.aborted) return;
      busy = true;
      // Without a descriptor to load its program with, or for the files, what is rotated stays as it is until the next time.
      compressing = compressAll()
        .catch(() => {})
        .finally(() => {
          busy = false;
        });
    },
    compressed: () => compressing,
    stop() {
      stopping.abort();
      return compressing;
    },
  };
}
