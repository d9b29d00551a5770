import type { ExecProbe, HttpProbe, TcpProbe } from "./spec.ts";

/** A script is known by its beginning. */
const LONGEST_COMMAND = 60;

/** What a check asks, as the subject of a sentence on the answer. Of a URL only what is no secret: neither its user nor its query. */
export function checkSubject(probe: HttpProbe | TcpProbe | ExecProbe): string {
  switch (probe.kind) {
    case "http": {
      const { origin, pathname } = new URL(probe.url);
      return `GET ${origin}${pathname}`;
    }
    case "tcp":
      return `TCP ${probe.host.includes(":") ? `[${probe.host}]` : probe.host}:${probe.port}`;
    case "exec": {
      const { text } = probe.command;
      return text.length <= LONGEST_COMMAND ? text : `${text.slice(0, LONGEST_COMMAND)}…`;
    }
  }
}
