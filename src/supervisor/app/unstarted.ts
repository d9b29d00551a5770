import { createMask } from "../../core/log/mask.ts";
import type { Row } from "../../core/row.ts";

interface Config {
  readonly command?: unknown;
  readonly module?: unknown;
  readonly service?: unknown;
  readonly env?: unknown;
  readonly secret?: unknown;
}

/** What a runner lists for a service before its first start; `config` is as it was registered. */
export function unstarted(name: string, config: object): Row {
  const { command, module, service } = config as Config;
  const text = Array.isArray(command)
    ? command.join(" ")
    : String(command ?? `${module === undefined ? "service" : "module"} ${labelOf(module ?? service, name)}`);
  return {
    name,
    service: name,
    instance: 1,
    state: "stopped",
    pid: null,
    startedAt: null,
    uptimeMs: null,
    restarts: 0,
    ready: false,
    healthy: null,
    cpu: null,
    memory: null,
    lastExit: null,
    nextStartAt: null,
    command: masked(text, config),
  };
}

/** Nothing has looked at what was registered yet: it may hold anything. */
function masked(text: string, { env, secret }: Config): string {
  if (!Array.isArray(secret)) return text;
  const known = new Map<unknown, unknown>([...Object.entries(process.env), ...Object.entries(env ?? {})]);
  const values = secret.map((variable) => known.get(variable)).filter((value) => value !== undefined && value !== null);
  return createMask(values.map(String))?.apply(text) ?? text;
}

function labelOf(work: unknown, name: string): string {
  if (typeof work === "string") return work;
  if (typeof work === "function") return work.name || name;
  const maker = (work as object | undefined)?.constructor;
  return maker === undefined || maker === Object ? name : maker.name;
}
