import { readFileSync } from "node:fs";

/** svc's own version. The package's file lies two folders above this one, in src/ and in dist/ alike. */
export function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
