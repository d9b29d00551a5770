import { readFileSync } from "node:fs";
import type { EnvOfService } from "../../core/env-variables.ts";
import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import { ask } from "../client.ts";
import type { Invocation } from "../command.ts";
import { NONE } from "../human.ts";
import { print, printJson } from "../output.ts";
import { renderTable } from "../table.ts";

const MASK = "***";

export async function run({ args, options, global }: Invocation): Promise<number> {
  const { services } = await ask(global, "env", { name: args[0]! });
  const valuesOf = options.has("show") ? shown : masked;
  const all = services.map((service) => ({ service, values: valuesOf(service) }));
  if (options.has("json")) printJson(all.map(({ service, values }) => asJson(service, values, options.has("show"))));
  else print(all.map(({ service, values }) => block(service, values, all.length > 1)).join("\n\n"));
  return EXIT.done;
}

type Values = ReadonlyMap<string, string>;

function masked({ variables }: EnvOfService): Values {
  return new Map(variables.map(({ name }) => [name, MASK]));
}

/** Read here, by the rights of whoever asks, and not by svc: proc_pid_environ(5). */
function shown({ name, pid }: EnvOfService): Values {
  if (pid === null) throw new SvcError(`cannot show the values of ${name}: it is not running`, EXIT.failed);
  try {
    const text = readFileSync(`/proc/${pid}/environ`, "utf8");
    return new Map(text.split("\0").flatMap((pair) => (pair.includes("=") ? [split(pair)] : [])));
  } catch (error) {
    throw new SvcError(`cannot read the environment of ${name} (pid ${pid}): ${(error as Error).message}`, EXIT.failed, {
      hint: "its own user can read it, and root",
    });
  }
}

function split(pair: string): [string, string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, at), pair.slice(at + 1)];
}

function block({ name, variables }: EnvOfService, values: Values, headed: boolean): string {
  const rows = variables.map((one) => [
    { text: escapeControls(one.name) },
    { text: escapeControls(one.from) },
    { text: escapeControls(values.get(one.name) ?? NONE) },
  ]);
  return `${headed ? `${escapeControls(name)}:\n` : ""}${renderTable(["NAME", "FROM", "VALUE"], rows)}`;
}

function asJson({ name, pid, variables }: EnvOfService, values: Values, show: boolean): unknown {
  return {
    name,
    pid,
    variables: variables.map((one) => (show ? { ...one, value: values.get(one.name) ?? null } : one)),
  };
}
