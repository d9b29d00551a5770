import type { Row } from "../core/row.ts";

/** What a runner lists for a service before its first start; `config` is as it was registered. */
export function unstarted(name: string, config: object): Row {
  const { command, module, service } = config as { readonly command?: unknown; readonly module?: unknown; readonly service?: unknown };
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
    command: text,
  };
}

function labelOf(work: unknown, name: string): string {
  if (typeof work === "string") return work;
  if (typeof work === "function") return work.name || name;
  const maker = (work as object | undefined)?.constructor;
  return maker === undefined || maker === Object ? name : maker.name;
}
