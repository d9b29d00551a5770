import { statSync } from "node:fs";
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
  for (const { name, paths } of watches) for (const path of paths) if (isMissing(path)) tell({ kind: "missing", name, path });
  const roots = new Set(watches.flatMap(({ paths }) => paths));
  const watcher = start([...roots], {
    ignoreInitial: true,
    ignorePermissionErrors: true,
    // Above a root that does not exist yet lies what nobody has asked for; chokidar looks there for the root itself.
    ignored: (path) => isWithin(roots, path) && concerned(path).length === 0,
  });
  // It is not looked for any more, then; added again it is, until it is back.
  const back = (path: string): void => void (roots.has(path) && setImmediate(() => watcher.add(path)));
  watcher
    .on("unlinkDir", back)
    .on("unlink", back)
    .on("add", changed)
    .on("change", changed)
    .on("unlink", changed)
    .on("ready", () => tell({ kind: "ready" }))
    .on("error", (error) => tellTrouble(error as NodeJS.ErrnoException));
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

function isMissing(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) === undefined;
}

function isWithin(roots: ReadonlySet<string>, path: string): boolean {
  return [...roots].some((root) => path === root || path.startsWith(`${root}/`));
}
