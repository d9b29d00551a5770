import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import { didYouMean } from "../../core/suggest.ts";
import { ask } from "../client.ts";
import type { GlobalOptions, Invocation } from "../command.ts";
import { print } from "../output.ts";

const SCRIPTS: ReadonlyMap<string, () => Promise<string>> = new Map([
  ["bash", async () => (await import("../completion/bash.ts")).bashScript()],
  ["zsh", async () => (await import("../completion/zsh.ts")).zshScript()],
  ["fish", async () => (await import("../completion/fish.ts")).fishScript()],
]);

export async function run({ args: [shell], options, global }: Invocation): Promise<number> {
  if (options.has("names")) return printNames(global);
  const script = SCRIPTS.get(shell ?? "");
  if (script === undefined) {
    const shells = [...SCRIPTS.keys()];
    const what = shell === undefined ? "which shell?" : `no completion for "${escapeControls(shell)}"${didYouMean(shell, shells)}`;
    throw new SvcError(`completion: ${what}`, EXIT.usage, { hint: `one of ${shells.join(", ")}` });
  }
  print(await script());
  return EXIT.done;
}

/** Services, and their instances where they have several. Without a supervisor there are none, and nobody wants to hear of it. */
async function printNames(global: GlobalOptions): Promise<number> {
  try {
    const { services } = await ask(global, "list", {});
    for (const name of new Set(services.flatMap((row) => [row.service, row.name]))) print(name);
  } catch (error) {
    if (!(error instanceof SvcError)) throw error;
  }
  return EXIT.done;
}
