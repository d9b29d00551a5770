import { statSync } from "node:fs";
import type { FSWatcher } from "chokidar";
import { counts, WATCH_DEBOUNCE_MS, type Watch, type WatchNews, type WatchRequest } from "../core/watching.ts";

/**
 * The program of the watcher: a process of its own, because what chokidar keeps of a large tree is ten times svc. It is told
 * what to watch in one line of JSON on stdin, tells of changes on stdout, and ends when stdin does, which is when svc does.
 */

const end = (): void => void process.kill(process.pid, "SIGKILL");

let request = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (text: string) => {
  request += text;
  if (!request.endsWith("\n")) return;
  void watch(JSON.parse(request) as WatchRequest);
  request = "";
});
process.stdin.on("end", end).on("error", end);
process.stdout.on("error", end);

async function watch({ watches, logFiles }: WatchRequest): Promise<void> {
  const { watch: start } = await import("chokidar");
  const concerned = (path: string): readonly Watch[] => watches.filter((one) => counts(one, logFiles, path));
  const pending = new Map(watches.map(({ name }) => [name, createPause(name)]));
  const changed = (path: string): void => {
    for (const { name } of concerned(path)) pending.get(name)?.add(path);
  };
  const roots = new Set(watches.flatMap(({ paths }) => paths));
  const known = new Map([...roots].map((root) => [root, identityOf(root)]));
  for (const { name, paths } of watches) for (const path of paths) if (known.get(path) === null) tell({ kind: "missing", name, path });
  const present = [...roots].filter((root) => known.get(root) !== null);
  const options = { ignoreInitial: true, ignorePermissionErrors: true, ignored: (path: string) => concerned(path).length === 0 };
  const watcher = start(present, options);
  const gone = followRoots(known, watcher, changed);
  watcher
    .on("add", changed)
    .on("change", changed)
    .on("unlink", changed)
    .on("unlink", gone)
    .on("error", (error) => tellTrouble(error as NodeJS.ErrnoException));
  // chokidar is never ready with nothing.
  if (present.length === 0) tell({ kind: "ready" });
  else watcher.on("ready", () => tell({ kind: "ready" }));
}

const LOOK_MS = 500;

/**
 * Watches a root anew that has come, or is another one than before. chokidar would look for one that is not there in the folder
 * above it, but one that comes in the moment in which it begins to is never watched; nor does it always notice that a folder has
 * gone, or watch a file on that was removed and is back. What this returns is to be told of what has gone.
 */
function followRoots(known: Map<string, string | null>, watcher: FSWatcher, changed: (root: string) => void): (path: string) => void {
  const look = (root: string): void => {
    const before = known.get(root);
    const now = identityOf(root);
    known.set(root, now);
    if (now === null || now === before) return;
    watcher.unwatch(root);
    watcher.add(root);
    // That a file is another one chokidar has told; that it has to be watched anew it may not know.
    if (!before?.startsWith(FILE)) changed(root);
  };
  setInterval(() => [...known.keys()].forEach(look), LOOK_MS);
  return (path) => {
    if (!known.has(path)) return;
    known.set(path, null);
    look(path);
  };
}

const FILE = "file";

/** Which one it is: inodes are used again at once. null where there is nothing to be seen. */
function identityOf(path: string): string | null {
  try {
    const stats = statSync(path);
    return `${stats.isDirectory() ? "folder" : FILE} ${stats.ino} ${stats.birthtimeMs}`;
  } catch {
    return null;
  }
}

const LATE_MS = 50;

/** Collects what changes until nothing has changed for a while. */
function createPause(name: string): { add(path: string): void } {
  const paths = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let due = 0;
  const wait = (): void => {
    clearTimeout(timer);
    due = performance.now() + WATCH_DEBOUNCE_MS;
    timer = setTimeout(over, WATCH_DEBOUNCE_MS);
  };
  const report = (): void => {
    const [path = ""] = paths;
    tell({ kind: "changed", name, path, others: paths.size - 1 });
    paths.clear();
  };
  const over = (): void => {
    // A busy machine has held this process up: what changed meanwhile is not known yet.
    if (performance.now() - due > LATE_MS) wait();
    else report();
  };
  return {
    add: (path) => {
      paths.add(path);
      wait();
    },
  };
}

const told = new Set<string>();

/** Once: at the kernel's limit each folder would say it anew. */
function tellTrouble({ code = "", message }: NodeJS.ErrnoException): void {
  if (told.has(code)) return;
  told.add(code);
  tell({ kind: "trouble", code, message });
}

function tell(news: WatchNews): void {
  process.stdout.write(`${JSON.stringify(news)}\n`);
}
