import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import { decode } from "../../core/log/bytes.ts";
import { plainLine } from "../../core/log/escape.ts";
import { OWN_NAME } from "../../core/log/prefix.ts";
import { lineBytes } from "../../core/log/records.ts";
import { chooseStyle } from "../../core/log/style.ts";
import type { Dropped } from "../../core/methods.ts";
import type { LogRecord } from "../../core/protocol.ts";
import type { Row } from "../../core/row.ts";
import { signalNumber } from "../../core/signals.ts";
import { draw, pageOf, type Screen } from "../../core/top/draw.ts";
import { keysIn, pressKey } from "../../core/top/keys.ts";
import { initialTop, LINES_KEPT, type TopAction, type TopLine, type TopState, withLines, withRows } from "../../core/top/state.ts";
import type { Client } from "../../effects/control/client.ts";
import { withSupervisor } from "../client.ts";
import type { GlobalOptions, Invocation } from "../command.ts";
import { bytes, percent, uptime } from "../human.ts";
import { onEnding } from "../signals.ts";
import { openTerminal, type Terminal } from "../top/terminal.ts";

const REFRESH_MS = 1_000;
/** At most so many frames a second are for eyes. */
const FRAME_MS = 50;

export const endsProcess = true;

export async function run({ global }: Invocation): Promise<number> {
  const isDumb = process.env.TERM === "dumb";
  if (isDumb || !process.stdin.isTTY || !process.stdout.isTTY) {
    const what = isDumb ? "top needs a terminal that can move its cursor, and TERM is dumb" : "top needs a terminal";
    throw new SvcError(what, EXIT.usage, { hint: "svc list and svc logs -f go anywhere" });
  }
  return await withSupervisor(global, (client) => show(client, global));
}

/** Resolves when the user leaves, or the supervisor ends. */
async function show(client: Client, global: GlobalOptions): Promise<number> {
  const { config, pid } = await client.hello;
  let fail = (_error: unknown): void => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const view = createView(client, global, initialTop(`${escapeControls(config)} (pid ${pid})`), fail);
  let settle = (): void => {};
  const signalled = new Promise<number>((resolve) => {
    settle = onEnding((signal) => resolve(128 + (signalNumber(signal) ?? 0)));
  });
  try {
    const left = await Promise.race([view.left, failed, signalled, client.closed.then(() => "ended" as const)]);
    view.close();
    if (left === "ended" && !global.quiet) process.stderr.write("svc: svc has ended\n");
    return typeof left === "number" ? left : EXIT.done;
  } finally {
    view.close();
    settle();
  }
}

interface View {
  readonly left: Promise<"quit">;
  close(): void;
}

function createView(client: Client, global: GlobalOptions, first: TopState, fail: (error: unknown) => void): View {
  let state = first;
  let frame: NodeJS.Timeout | null = null;
  let quit = (): void => {};
  const left = new Promise<"quit">((resolve) => {
    quit = () => resolve("quit");
  });
  const colour = chooseStyle({ format: "pretty", timestamps: false, noColor: !global.color, terminal: true, env: process.env }).colour;
  const screen = (): Screen => ({ ...terminal.size(), colour });
  const paint = guarded(fail, () => {
    frame = null;
    terminal.show(draw(state, screen(), { uptime, percent, bytes }));
  });
  const change = (next: TopState): void => {
    state = next;
    frame ??= setTimeout(paint, FRAME_MS);
  };
  const act = (action: TopAction): void => {
    if (action.type === "quit") {
      quit();
      return;
    }
    change({ ...state, message: `${action.type} ${action.name} …` });
    carryOut(client, action).then((message) => change({ ...state, message }), fail);
  };
  const onKeys = guarded(fail, (chunk: string) => {
    for (const key of keysIn(chunk)) {
      const step = pressKey(state, key, pageOf(state, screen()));
      change(step.state);
      if (step.action !== null) act(step.action);
    }
  });
  const terminal: Terminal = openTerminal({ onKeys, onResize: () => change(state) });
  const stopFollowing = follow(client, {
    onRows: (rows) => change(withRows(state, rows)),
    onLines: (lines) => change(withLines(state, lines)),
    onFailure: fail,
  });
  return {
    left,
    close: () => {
      clearTimeout(frame ?? undefined);
      stopFollowing();
      terminal.close();
    },
  };
}

/** An error in a callback ends the view in good order, like any other. */
function guarded<A extends readonly unknown[]>(fail: (error: unknown) => void, call: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      call(...args);
    } catch (error) {
      fail(error);
    }
  };
}

interface News {
  readonly onRows: (rows: readonly Row[]) => void;
  readonly onLines: (lines: readonly TopLine[]) => void;
  readonly onFailure: (error: unknown) => void;
}

function follow(client: Client, { onRows, onLines, onFailure }: News): () => void {
  const names = new Map<string, string>();
  const look = async (): Promise<void> => {
    const { services } = await client.call("list", {});
    for (const row of services) names.set(`${row.service}/${row.instance}`, row.name);
    onRows(services);
  };
  const refresh = (): void => void look().catch(onFailure);
  const lineOf = (record: LogRecord): TopLine => {
    const name = names.get(`${record.service}/${record.instance}`) ?? record.service;
    const text = decode(plainLine(lineBytes(record))).replaceAll("\t", "    ");
    return { name: record.stream === "svc" ? OWN_NAME : name, text: escapeControls(text) };
  };
  const onNews = (news: unknown): void => {
    const record = news as LogRecord | Dropped;
    onLines(["dropped" in record ? { name: OWN_NAME, text: `${record.dropped} lines were missed` } : lineOf(record)]);
  };
  const begin = async (): Promise<void> => {
    await look();
    // What comes while the reply is taken apart waits for it.
    const early: unknown[] = [];
    let take = (news: unknown): void => void early.push(news);
    const { records } = await client.call("logs", { names: [], lines: LINES_KEPT, follow: true }, (method, news) => {
      if (method === "log") take(news);
    });
    onLines(records.map(lineOf));
    take = onNews;
    for (const news of early) onNews(news);
  };
  void begin().catch(onFailure);
  const timer = setInterval(refresh, REFRESH_MS);
  return () => clearInterval(timer);
}

async function carryOut(client: Client, { type, name }: Exclude<TopAction, { type: "quit" }>): Promise<string> {
  try {
    await client.call(type, { names: [name] });
    return `${type} ${name}: done`;
  } catch (error) {
    if (!(error instanceof SvcError)) throw error;
    return escapeControls(error.message.split("\n")[0]!);
  }
}
