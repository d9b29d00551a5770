import { once } from "node:events";
import { encode } from "../core/log/bytes.ts";
import { formatText, jsonLine } from "../core/log/format.ts";
import { namePrefix, OWN_NAME } from "../core/log/prefix.ts";
import { lineBytes } from "../core/log/records.ts";
import { chooseStyle, type LogStyle } from "../core/log/style.ts";
import type { Dropped } from "../core/methods.ts";
import type { Named } from "../core/names.ts";
import type { LogRecord } from "../core/protocol.ts";
import type { Client } from "../effects/control/client.ts";
import type { GlobalOptions } from "./command.ts";

export interface LogPrinter {
  print(records: readonly LogRecord[]): void;
  printDropped(missed: Dropped): void;
  /** A name that was not known before. */
  know(name: Named): void;
  /** Resolves when stdout has taken what was printed. */
  written(): Promise<void>;
}

export interface LogPrinterOptions {
  /** A record holds service and instance only. */
  readonly names: readonly Named[];
  readonly json: boolean;
  readonly global: GlobalOptions;
  readonly client: Pick<Client, "pause" | "resume">;
  /** What services wrote to stderr, and svc's own words, go to stderr. Default: everything goes to stdout. */
  readonly split?: boolean;
}

/** Records as the supervisor itself shows them. When the output is slow the socket waits, and the supervisor counts. */
export function createLogPrinter({ names: known, json, global, client, split = false }: LogPrinterOptions): LogPrinter {
  const names = new Map(known.map(({ name, service, instance }) => [`${service}/${instance}`, name]));
  const width = Math.max(OWN_NAME.length, ...known.map(({ name }) => name.length));
  const style = textStyle(global);
  const nameOf = (record: LogRecord): string => {
    if (record.stream === "svc") return OWN_NAME;
    return names.get(`${record.service}/${record.instance}`) ?? `${record.service}.${record.instance}`;
  };
  const show = (record: LogRecord): string =>
    json ? encode(jsonLine(record)) : formatText(style, namePrefix(nameOf(record), width, style), lineBytes(record));
  const outputOf = ({ stream }: LogRecord): NodeJS.WriteStream => (split && stream !== "stdout" ? process.stderr : process.stdout);
  /** Those that have not taken what they were given: what came before the pause is still to be printed. */
  const slow = new Set<NodeJS.WriteStream>();
  const write = (bytes: string, output: NodeJS.WriteStream = process.stdout): void => {
    if (bytes === "" || output.write(bytes, "latin1") || slow.has(output)) return;
    slow.add(output);
    client.pause();
    output.once("drain", () => {
      slow.delete(output);
      if (slow.size === 0) client.resume();
    });
  };
  return {
    print: (records) => {
      for (const run of runsOf(records, outputOf)) write(run.map(show).join(""), outputOf(run[0]!));
    },
    know({ name, service, instance }) {
      const key = `${service}/${instance}`;
      if (!names.has(key)) names.set(key, name);
    },
    async written() {
      if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
    },
    printDropped: (missed) => {
      if (json) write(`${JSON.stringify(missed)}\n`);
      else process.stderr.write(`svc: ${missed.dropped} lines were missed: this reader was too slow\n`);
    },
  };
}

/** Neighbours for the same output together, so that each output gets few writes. */
function runsOf(records: readonly LogRecord[], outputOf: (record: LogRecord) => NodeJS.WriteStream): LogRecord[][] {
  const runs: LogRecord[][] = [];
  for (const record of records) {
    const last = runs.at(-1);
    if (last !== undefined && outputOf(last[0]!) === outputOf(record)) last.push(record);
    else runs.push([record]);
  }
  return runs;
}

function textStyle({ color }: GlobalOptions): LogStyle {
  return chooseStyle({
    format: null,
    timestamps: false,
    noColor: !color,
    terminal: process.stdout.isTTY === true,
    env: process.env,
  });
}
