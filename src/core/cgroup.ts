import { MARKER_PREFIX } from "./marker.ts";

/**
 * Paths and names in the hierarchy of cgroup version 2 (cgroups(7)). A folder of svc's there is called `svc-LIFE-INSTANCE`, so
 * that nobody takes the one of another supervisor, or of another life of the same, for his own.
 */

const OWN_FOLDER = /^svc-[0-9a-z]{10,}-[A-Za-z][A-Za-z0-9_-]*(\.\d+)?$/;

/** The folder of an instance; `marker` is the name of the life's variable, see `markerName`. */
export function cgroupName(marker: string, instance: string): string {
  return `${prefixOf(marker)}${instance}`;
}

/** The instance that a folder is of; null for one that is not of this life. */
export function instanceOf(folder: string, marker: string): string | null {
  return folder.startsWith(prefixOf(marker)) ? folder.slice(prefixOf(marker).length) : null;
}

function prefixOf(marker: string): string {
  return `svc-${marker.slice(MARKER_PREFIX.length)}-`;
}

/** Whether a supervisor has made this cgroup for a service: what runs in it may divide it further. */
export function isOfService(path: string): boolean {
  return OWN_FOLDER.test(path.slice(path.lastIndexOf("/") + 1));
}

/** The cgroup around all services that this path is in, which is that of the outermost supervisor; null where it is in none. */
export function aroundServices(path: string): string | null {
  const parts = path.split("/");
  const first = parts.findIndex((part) => OWN_FOLDER.test(part));
  return first === -1 ? null : parts.slice(0, first).join("/") || "/";
}

/** A process's own cgroup, of /proc/PID/cgroup; null where there is no version 2, or it is outside what can be seen from here. */
export function cgroupPath(text: string): string | null {
  const line = text.split("\n").find((one) => one.startsWith("0::/"));
  return line === undefined || line.split("/").includes("..") ? null : line.slice("0::".length);
}

/** Under which folders a cgroup is to be seen, by the mounts of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
export function cgroupFolders(path: string, mountinfo: string): string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [mount = "", source = ""] = line.split(" - ");
    const [, , , root = "", folder = ""] = mount.split(" ").map(unescaped);
    const below = source.startsWith("cgroup2 ") ? pathBelow(path, root) : null;
    // The keeper is told of one folder a line.
    return below === null || folder.includes("\n") ? [] : [`${folder === "/" ? "" : folder}${below}` || "/"];
  });
}

/** Blanks, tabs, newlines and backslashes are written as octal numbers. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** `/a/b` below `/a` is `/b`; null where it is not below. */
function pathBelow(path: string, root: string): string | null {
  if (root === "/") return path === "/" ? "" : path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : null;
}
