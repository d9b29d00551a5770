/**
 * The names of rotated files: `web.log` becomes `web-20261124T123444.123Z.log`, by the time of its last line (UTC), so that a
 * file keeps its name for as long as it lives, and names sort by time. Compressed it ends with `.gz`; while that is being
 * made, with `.gz.part`.
 */
const ROTATED = /^(.*)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3})Z(.*?)(\.gz(\.part)?)?$/;

export interface RotatedName {
  /** The name of the file that was rotated. */
  readonly of: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly compressed: boolean;
  /** It is being compressed, or was when svc ended. */
  readonly partial: boolean;
}

/** Both without a folder. */
export function rotatedName(file: string, time: number): string {
  const stamp = new Date(time).toISOString().replace(/[-:]/g, "");
  const dot = file.lastIndexOf(".");
  return dot <= 0 ? `${file}-${stamp}` : `${file.slice(0, dot)}-${stamp}${file.slice(dot)}`;
}

/** null where the name is none of a rotated file. */
export function parseRotatedName(name: string): RotatedName | null {
  const found = ROTATED.exec(name);
  if (found === null) return null;
  const [, stem = "", year, month, day, hour, minute, second, extension = "", compressed, partial] = found;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time)) return null;
  return { of: stem + extension, time, compressed: compressed !== undefined, partial: partial !== undefined };
}
