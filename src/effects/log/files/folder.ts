import { readdir, stat, unlink } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { parseRotatedName } from "../../../core/log/rotated-name.ts";

/** What lies in the folder of a log: the files that were rotated, this life's and those of earlier ones. */

export interface Rotated {
  readonly path: string;
  /** When it was rotated, milliseconds since 1970. */
  readonly time: number;
  readonly bytes: number;
  readonly compressed: boolean;
}

const [list, look, remove] = [promisify(readdir), promisify(stat), promisify(unlink)];

/** The rotated files of a log, oldest first. What a death amid a compression has left is removed. */
export async function rotatedFiles(file: string): Promise<Rotated[]> {
  const folder = dirname(file);
  const names = await list(folder).catch(() => []);
  const own = names.flatMap((name) => {
    const parsed = parseRotatedName(name);
    return parsed?.of === basename(file) ? [{ ...parsed, path: join(folder, name) }] : [];
  });
  const whole = new Set(own.filter(({ compressed, partial }) => compressed && !partial).map(({ time }) => time));
  const left = own.filter(({ compressed, partial, time }) => partial || (!compressed && whole.has(time)));
  await removeFiles(left);
  const kept = own.filter((one) => !left.includes(one)).sort((a, b) => a.time - b.time);
  return await measured(kept);
}

/** The rotated files of a folder, those that are not whole too, by the log that each belongs to. */
export async function rotatedByLog(folder: string): Promise<ReadonlyMap<string, readonly Rotated[]>> {
  const logs = new Map<string, Rotated[]>();
  for (const file of await filesIn(folder, (name) => parseRotatedName(name) !== null)) {
    const log = logOf(file.path);
    const known = logs.get(log);
    if (known === undefined) logs.set(log, [file]);
    else known.push(file);
  }
  return logs;
}

/** All files of a folder, whatever log they belong to. */
export async function filesIn(folder: string, isMeant: (name: string) => boolean = () => true): Promise<Rotated[]> {
  const names = (await list(folder).catch(() => [])).filter(isMeant);
  return await measured(
    names.map((name) => {
      const parsed = parseRotatedName(name);
      return { path: join(folder, name), time: parsed?.time ?? null, compressed: parsed?.compressed ?? false };
    }),
  );
}

/** The log that a file belongs to: itself, where it was not rotated. */
export function logOf(path: string): string {
  return join(dirname(path), parseRotatedName(basename(path))?.of ?? basename(path));
}

/** Those that exist. */
export async function measured(files: readonly { path: string; time: number | null; compressed: boolean }[]): Promise<Rotated[]> {
  const found = await Promise.all(
    files.map(async ({ path, time, compressed }) => {
      const { size, mtimeMs } = await look(path).catch(() => ({ size: -1, mtimeMs: 0 }));
      return { path, time: time ?? mtimeMs, bytes: size, compressed };
    }),
  );
  return found.filter(({ bytes }) => bytes >= 0);
}

/** One that is gone already, or cannot be removed, is no longer counted: the next look at the folder finds it again. */
export async function removeFiles(files: Iterable<Pick<Rotated, "path">>): Promise<void> {
  await Promise.all(Array.from(files, ({ path }) => remove(path).catch(() => {})));
}
