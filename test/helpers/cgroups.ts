import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { environment } from "./processes.ts";
import { until } from "./until.ts";

/** Cgroups of version 2 as the kernel shows them, without the code under test. */

/** The folder of the cgroup in which the tests run, and with them each svc that they start; null where there is none to be seen. */
export const own: string | null = ownFolder();

/** Why svc gives no service a cgroup here, for the name of a test that is skipped; null where it does. */
export const missing: string | null = whyMissing();

/** The path of a process's cgroup, from the root of the hierarchy. */
export function pathOf(pid: number | "self"): string {
  try {
    return /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}

/**
 * The lives of supervisors whose services these processes belong to, by their markers and by their cgroups; without those that
 * the tests themselves run under.
 */
export function livesOf(pids: readonly number[]): string[] {
  const outer = new Set(livesIn(process.pid));
  return [...new Set(pids.flatMap(livesIn))].filter((life) => !outer.has(life));
}

function livesIn(pid: number): string[] {
  const markers = environment(pid).flatMap((pair) => /^SVC_TREE_([0-9a-z]+)=/.exec(pair)?.[1] ?? []);
  return [...markers, ...[...pathOf(pid).matchAll(/\/svc-([0-9a-z]+)-/g)].map((match) => match[1]!)];
}

/** The folders of these lives' cgroups. */
export function foldersOf(lives: readonly string[]): string[] {
  if (own === null) return [];
  const names = readdirSync(own).filter((name) => lives.some((life) => name.startsWith(`svc-${life}-`)));
  return names.map((name) => `${own}/${name}`);
}

/** The processes in it and below it. */
export function processesIn(folder: string): number[] {
  try {
    return [folder, ...below(folder)].flatMap((one) => readFileSync(`${one}/cgroup.procs`, "utf8").split("\n").filter(Boolean).map(Number));
  } catch {
    return [];
  }
}

/** Ends and removes what a test has left of them. */
export async function removeCgroups(lives: readonly string[]): Promise<void> {
  for (const folder of foldersOf(lives)) await removeFolder(folder);
}

/** Ends all in a cgroup, and removes it. */
export async function removeFolder(folder: string): Promise<void> {
  const gone = (): boolean => {
    if (existsSync(`${folder}/cgroup.kill`)) writeFileSync(`${folder}/cgroup.kill`, "1");
    for (const one of [...below(folder), folder]) remove(one);
    return !existsSync(folder);
  };
  await until(gone, { what: `the end of ${folder}` });
}

/** The deepest first. */
function below(folder: string): string[] {
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  return entries.flatMap((entry) => (entry.isDirectory() ? [...below(`${folder}/${entry.name}`), `${folder}/${entry.name}`] : []));
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not empty yet, or gone.
  }
}

function ownFolder(): string | null {
  if (process.platform !== "linux") return null;
  const line = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .find((one) => one.includes(" - cgroup2 "));
  const [root, folder] = line?.split(" ").slice(3, 5) ?? [];
  const path = pathOf("self");
  if (folder === undefined || root !== "/" || path === "" || path.includes("..")) return null;
  return path === "/" ? folder : `${folder}${path}`;
}

function whyMissing(): string | null {
  if (own === null) return "no cgroup of version 2 is to be seen";
  if (process.getuid?.() === 0 && pathOf("self") !== "/") return `the tests run in ${pathOf("self")}`;
  const folder = `${own}/svc-test-${process.pid}`;
  try {
    accessSync(`${own}/cgroup.procs`, constants.W_OK);
    mkdirSync(folder);
  } catch {
    return `${own} cannot be written to`;
  }
  const found = existsSync(`${folder}/cgroup.kill`);
  rmdirSync(folder);
  if (["memory.max", "memory.high"].some((name) => /^\d/.test(textOf(`${own}/${name}`)))) return `${own} has a memory limit`;
  return found ? null : "the kernel has no cgroup.kill";
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
