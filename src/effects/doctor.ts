import { existsSync, readFileSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import { formatSize } from "../core/size.ts";
import { loadNative } from "./native/native.ts";
import { allRuntimeFolders, claimCacheFolder, claimRuntimeFolder, claimStateFolder, type Surroundings } from "./ownership/places.ts";
import { hasOwnProc } from "./proc/proc.ts";
import { tryCgroups } from "./tree/cgroup-place.ts";

/** What was looked at, and how it is. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly is: string;
  /** What to do about it; null where nothing need be done. */
  readonly cure: string | null;
}

/** Looks at the machine; leaves nothing behind. `config`: the file whose folders are looked for, which need not exist. */
export function examine(config: string, around: Surroundings): readonly Finding[] {
  const linux = process.platform === "linux" ? [proc(), cgroup(), cgroupKill(), openFiles(), watches()] : [];
  return [node(), native(around), ...folders(config, around), ...setpriv(around), timeZones(), ...linux];
}

function node(): Finding {
  return good("Node", `${process.versions.node} on ${process.platform} ${process.arch}`);
}

function native({ env }: Surroundings): Finding {
  const loaded = loadNative(env);
  if (!("missing" in loaded)) return good("native part", "koffi is loaded: svc reaps orphans, and starts services quickly");
  return bad("native part", loaded.missing, "npm install koffi; without it a container needs docker run --init, or svc-init");
}

function folders(config: string, around: Surroundings): Finding[] {
  const before = new Set(allRuntimeFolders(around));
  const runtime = claimRuntimeFolder(config, around);
  const state = claimStateFolder(config, around, null);
  const cache = claimCacheFolder(around);
  // One that is there for this look only; one that is in use is not empty.
  for (const folder of [runtime, state]) if (folder !== null && !before.has(folder)) removeEmpty(folder);
  const writable = (what: string, folder: string | null, cure: string): Finding =>
    folder === null ? bad(what, "no folder is writable", cure) : good(what, `${folder} is writable`);
  return [
    writable(
      "runtime folder",
      runtime && dirname(runtime),
      "set XDG_RUNTIME_DIR or TMPDIR to a folder of your own (--tmpfs /tmp in a container)",
    ),
    writable(
      "state folder",
      state && dirname(state),
      "set XDG_STATE_HOME or HOME to a folder of your own, for logs and what a kill -9 leaves",
    ),
    writable("cache folder", cache, "set XDG_CACHE_HOME or HOME to a folder of your own; TypeScript loads more slowly without it"),
  ];
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not empty: a supervisor's, or what one has left.
  }
}

/** Only root can change users, and only then is it needed. */
function setpriv({ uid }: Surroundings): Finding[] {
  if (uid !== 0) return [];
  const path = ["/usr/bin/setpriv", "/bin/setpriv", "/usr/sbin/setpriv", "/sbin/setpriv", "/usr/local/bin/setpriv"].find(existsSync);
  if (path !== undefined) return [good("setpriv", path)];
  return [bad("setpriv", "not found: services cannot have a user of their own", "install util-linux, on Alpine apk add setpriv")];
}

function timeZones(): Finding {
  try {
    new Intl.DateTimeFormat("en", { timeZone: "Europe/Berlin" });
    return good("time zones", `known; here it is ${process.env.TZ || Intl.DateTimeFormat().resolvedOptions().timeZone}`);
  } catch {
    return bad("time zones", "this Node knows only UTC", "use a Node that was built with full ICU; cron with a timezone needs it");
  }
}

function proc(): Finding {
  if (hasOwnProc()) return good("/proc", "mounted");
  if (existsSync("/proc/self/stat")) {
    return bad(
      "/proc",
      "of another pid namespace: descendants of services cannot be found",
      "mount -t proc proc /proc, or unshare --mount-proc",
    );
  }
  return bad("/proc", "not mounted: descendants of services cannot be found", "mount -t proc proc /proc");
}

function cgroup(): Finding {
  const limit = read("/sys/fs/cgroup/memory.max") ?? read("/sys/fs/cgroup/memory/memory.limit_in_bytes");
  const bytes = Number(limit);
  // Version 1 says "no limit" by a number beyond any machine's memory.
  const memory = limit === null || limit === "max" || bytes > 2 ** 60 ? "no memory limit" : `memory limit ${formatSize(bytes)}`;
  if (existsSync("/sys/fs/cgroup/cgroup.controllers")) return good("cgroup", `version 2, ${memory}`);
  return good("cgroup", existsSync("/sys/fs/cgroup/memory") ? `version 1, ${memory}` : "not visible");
}

/** Nothing is missing without it: in a container it seldom is to be had. */
function cgroupKill(): Finding {
  const own = tryCgroups();
  const whose = "a service with user, group, umask, nice, limits or socket";
  if (typeof own === "string") return good("cgroup.kill", `used below ${own}: all that comes from ${whose} ends with it`);
  return good("cgroup.kill", `not used (${own.reason}): what comes from ${whose} is found by environment, group, session and parent`);
}

/** Three pipes a service and what svc itself has open. */
const FEW_FILES = 1024;

function openFiles(): Finding {
  const found = /^Max open files\s+(\S+)\s+(\S+)/m.exec(read("/proc/self/limits") ?? "");
  if (found === null) return good("open files", "not known");
  const [, soft, hard] = found;
  const is = `${soft} (at most ${hard})`;
  return Number(soft) < FEW_FILES
    ? bad("open files", is, `ulimit -n ${FEW_FILES}: svc needs three or four for each service`)
    : good("open files", is);
}

/** What editors and bundlers take beside svc. */
const FEW_WATCHES = 8192;

function watches(): Finding {
  const most = read("/proc/sys/fs/inotify/max_user_watches");
  if (most === null) return good("watches", "not known");
  if (Number(most) >= FEW_WATCHES) return good("watches", `${most} files and folders`);
  return bad(
    "watches",
    `only ${most} files and folders`,
    "sysctl fs.inotify.max_user_watches=524288, if services are to restart on change",
  );
}

function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return null;
  }
}

function good(what: string, is: string): Finding {
  return { what, ok: true, is, cure: null };
}

function bad(what: string, is: string, cure: string): Finding {
  return { what, ok: false, is, cure };
}
