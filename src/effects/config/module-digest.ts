import { readFile } from "node:fs";
import { digest } from "../../core/digest.ts";

/** Of the file as it is now; null where it cannot be read. */
export function moduleDigest(file: string): Promise<string | null> {
  return new Promise((resolve) => {
    readFile(file, "utf8", (error, text) => resolve(error === null ? digest(text) : null));
  });
}
