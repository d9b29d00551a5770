import { MARKER_PREFIX } from "../../core/marker.ts";
import { isKernelThread, type ProcStat, readEnviron } from "./proc.ts";

/** The markers in one process's environment, as `SVC_TREE_k3x9=web.1`. */
export type Marks = readonly string[];

export interface MarkReader {
  /** null where the environment is empty now, which may mean that the process is amid an exec or its exit. */
  of(stat: ProcStat): Marks | null;
  /** Forgets every process that is not in this list. */
  keep(living: ReadonlyMap<number, ProcStat>): void;
}

/** Replaces a mark by another, so that a tree may be known by less than the whole of it. */
export type MarkOf = (mark: string) => string;

const NONE: Marks = [];

/**
 * Reads the markers of a process once, and remembers them by pid and start time. That is sound because
 * - a mark is inherited: one that was seen stays true, though the process may clear or overwrite its environment later
 *   (exec with an empty one; programs that write their title over it, as nginx and postgres do);
 * - a process without a mark gets one only by the exec that ends svc's own spawn. Between fork and exec it shows svc's own
 *   environment, but then svc itself stands in that spawn and reads nothing;
 * - an environment that is empty (between two programs, and in its exit, a process shows none) or that cannot be read now
 *   (another user's, until the process changes its user) is not remembered, and is read again the next time.
 */
export function createMarkReader(markOf: MarkOf = (mark) => mark): MarkReader {
  const known = new Map<number, { readonly start: number; readonly marks: Marks }>();
  return {
    of(stat) {
      const entry = known.get(stat.pid);
      if (entry?.start === stat.start) {
        return entry.marks;
      }
      if (isKernelThread(stat)) {
        return NONE;
      }
      const environ = readEnviron(stat.pid);
      if (environ === null || environ.length === 0) {
        return environ === null ? NONE : null;
      }
      const marks = marksIn(environ).map(markOf);
      known.set(stat.pid, { start: stat.start, marks });
      return marks;
    },
    keep(living) {
      for (const [pid, entry] of known) {
        if (living.get(pid)?.start !== entry.start) {
          known.delete(pid);
        }
      }
    },
  };
}

/** `environ` is a list of `NAME=value`, each ended by a NUL. */
export function marksIn(environ: Buffer): Marks {
  const marks: string[] = [];
  for (let at = environ.indexOf(MARKER_PREFIX); at !== -1; at = environ.indexOf(MARKER_PREFIX, at + 1)) {
    if (at === 0 || environ[at - 1] === 0) {
      const end = environ.indexOf(0, at);
      marks.push(environ.toString("latin1", at, end === -1 ? environ.length : end));
    }
  }
  return marks.length === 0 ? NONE : marks;
}
