/** What is watched for changes, and which of them count: shared by the supervisor and its watcher, a process of its own. */

export interface WatchRequest {
  readonly watches: readonly Watch[];
  /** Log files of the config: what a service writes there through svc is no change of its source. */
  readonly logFiles: readonly string[];
}

export interface Watch {
  /** A service; `svc` for the config itself, which is no name that a service may have. */
  readonly name: string;
  /** Absolute. */
  readonly paths: readonly string[];
}

export const CONFIG_WATCH = "svc";

/** One JSON object a line. */
export type WatchNews =
  /** Everything that changed under a watch within one pause: the first path, and how many others. */
  | { readonly kind: "changed"; readonly name: string; readonly path: string; readonly others: number }
  /** From now on nothing is missed. */
  | { readonly kind: "ready" }
  | { readonly kind: "missing"; readonly name: string; readonly path: string }
  /** Not everything is watched: a code such as ENOSPC, and the system's words. */
  | { readonly kind: "trouble"; readonly code: string; readonly message: string };

/** A change counts once nothing more has changed for this time (contract). */
export const WATCH_DEBOUNCE_MS = 200;

/** Of others than the one who edits: dependencies, version control, svc's and other tools' own. */
const FOREIGN_FOLDERS: ReadonlySet<string> = new Set(["node_modules", ".git", ".hg", ".svn", ".svc"]);

/** Logs, and what editors leave beside a file for a moment: backups, swap and lock files, vim's "4913" to try a folder. */
const FOREIGN_FILES = /\.log(\.\d+)?(\.gz)?$|~$|\.sw[a-px]$|\.swpx$|^\.#|^#.*#$|^4913$|___jb_(tmp|old)___$/;

/** True where the path lies within one of the watch's, without a folder or file name below it that never counts. */
export function counts(watch: Watch, logFiles: readonly string[], path: string): boolean {
  if (logFiles.some((file) => isOfLog(file, path))) return false;
  return watch.paths.some((root) => {
    const below = belowOf(root, path);
    return below !== null && !below.split("/").some(isForeign);
  });
}

/** `""` for the root itself; null where it lies elsewhere. */
function belowOf(root: string, path: string): string | null {
  if (path === root) return "";
  const prefix = root.endsWith("/") ? root : `${root}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : null;
}

function isForeign(name: string): boolean {
  return FOREIGN_FOLDERS.has(name) || FOREIGN_FILES.test(name);
}

/** The file itself, and what it is called once it has been rotated: `web.log` becomes `web-20261124T125241.138Z.log`. */
function isOfLog(file: string, path: string): boolean {
  if (path === file) return true;
  const end = file.lastIndexOf(".");
  const stem = end > file.lastIndexOf("/") ? file.slice(0, end) : file;
  return path.startsWith(`${stem}-`) && /^\d{8}T[\d.]+Z/.test(path.slice(stem.length + 1));
}

/** What the change is called: `src/a.ts changed`, `src/a.ts and 4 more changed`. */
export function changeText(path: string, others: number): string {
  return `${path}${others === 0 ? "" : ` and ${others} more`} changed`;
}

/** What is to be done about it, where everything cannot be watched. */
export function troubleText(code: string, message: string): string {
  const cure = CURES.get(code);
  return cure === undefined ? `the watcher has trouble: ${message}` : `cannot watch everything for changes: ${cure}`;
}

/** inotify(7) */
const CURES: ReadonlyMap<string, string> = new Map([
  [
    "ENOSPC",
    "the kernel's limit on watches is reached; raise it with `sysctl fs.inotify.max_user_watches=524288`, or watch less. The services run on",
  ],
  [
    "EMFILE",
    "the limit on inotify instances or open files is reached; raise it with `sysctl fs.inotify.max_user_instances=1024` or `ulimit -n`. The services run on",
  ],
]);
