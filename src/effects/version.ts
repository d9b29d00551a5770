import { readFileSync } from "node:fs";
import { ownFile } from "./own-files.ts";

/** svc's own version, from the package's file above its built files. */
export function version(): string {
  return (JSON.parse(readFileSync(ownFile("../package.json"), "utf8")) as { readonly version: string }).version;
}
