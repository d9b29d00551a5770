import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach } from "vitest";
import type { LogFile } from "../../src/core/spec.ts";

/** A folder for each test, gone after it. To be called once at the top of a test file. */
export function useLogFolder(): () => string {
  let folder: string | null = null;
  afterEach(() => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
    folder = null;
  });
  return () => {
    folder ??= mkdtempSync(join(tmpdir(), "svc-logs-"));
    mkdirSync(folder, { recursive: true });
    return folder;
  };
}

export function capsOf(file: string, caps: Partial<LogFile> = {}): LogFile {
  return { file, maxSize: 1e9, maxAgeMs: null, maxFiles: 1000, maxTotal: 1e9, totalOf: "file", compress: false, ...caps };
}

/** What lies in the folder at this moment. */
export function look(folder: string): { readonly files: number; readonly bytes: number } {
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** The lines of a log with all its rotated files, oldest first. */
export function linesIn(folder: string, log: string): string[] {
  const stem = log.replace(/\.log$/, "-");
  const names = readdirSync(folder).filter((name) => name.startsWith(stem));
  const current = readdirSync(folder).includes(log) ? [log] : [];
  const texts = [...names.sort(), ...current].map((name) => {
    const bytes = readFileSync(join(folder, name));
    return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1");
  });
  return texts.join("").split("\n").slice(0, -1);
}
