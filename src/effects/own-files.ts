import { fileURLToPath } from "node:url";

/**
 * The folder of svc's built files, whose frames in a stack say nothing to whoever wrote a config; ends with a slash. This file
 * stays one folder below it, as the bundles do, into which it is compiled as well.
 */
export const OWN_FOLDER = fileURLToPath(new URL("..", import.meta.url));

/** The absolute path of one of them: `ownFile("host/serve.cjs")`. */
export function ownFile(path: string): string {
  return `${OWN_FOLDER}${path}`;
}
