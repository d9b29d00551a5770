import type { MethodName, ParamsOf, Progress, ResultOf, Said } from "../core/methods.ts";
import type { Client } from "../effects/control/client.ts";
import { discover } from "../effects/control/discovery.ts";
import { surroundings } from "../effects/ownership/places.ts";
import type { GlobalOptions } from "./command.ts";
import { Interrupted } from "./interrupted.ts";
import type { ProgressLine } from "./progress.ts";
import { onInterrupt } from "./signals.ts";

/** A command that is done sooner says only its result. */
const PATIENCE_MS = 2_000;

/** Finds the supervisor, and leaves it when `use` has settled. Ctrl-C ends only the wait; `onLeave` is said of what goes on then. */
export async function withSupervisor<T>(
  global: GlobalOptions,
  use: (client: Client) => Promise<T>,
  onLeave: string | null = null,
): Promise<T> {
  const client = await discover({ cwd: process.cwd(), file: global.config, socket: global.socket }, surroundings());
  let settle = (): void => {};
  const interrupted = new Promise<never>((_, reject) => {
    settle = onInterrupt(() => reject(new Interrupted(onLeave)));
  });
  try {
    return await Promise.race([use(client), interrupted]);
  } finally {
    settle();
    client.close();
  }
}

/** One question to the supervisor. On a terminal, a longer wait says what it waits for. */
export async function ask<M extends MethodName>(
  global: GlobalOptions,
  method: M,
  params: ParamsOf<M>,
  waitingFor: readonly string[] = [],
): Promise<ResultOf<M>> {
  const onLeave = global.quiet ? null : whatGoesOn(method, params);
  const use = async (client: Client): Promise<ResultOf<M>> => {
    const progress = startProgress(global, waitingFor);
    try {
      return await client.call(method, params, (name, news) => {
        if (name === "progress") progress.update((news as Progress).waiting);
        if (name === "said" && !global.quiet) progress.remark(news as Said);
      });
    } finally {
      await progress.end();
    }
  };
  return await withSupervisor(global, use, onLeave);
}

const GOING_ON: ReadonlySet<MethodName> = new Set(["start", "stop", "restart", "scale", "reload"]);

function whatGoesOn(method: MethodName, params: object): string | null {
  const onlyAsks = (params as { readonly plan?: boolean }).plan === true;
  return GOING_ON.has(method) && !onlyAsks ? `no longer waiting; the ${method} goes on (see svc list)` : null;
}

interface LazyProgress {
  update(waiting: readonly string[]): void;
  remark(said: Said): void;
  end(): Promise<void>;
}

function startProgress({ quiet }: GlobalOptions, names: readonly string[]): LazyProgress {
  let waiting = names;
  let line: Promise<ProgressLine> | null = null;
  const show = async (): Promise<ProgressLine> => (await import("./progress.ts")).showProgress(waiting);
  const patience = setTimeout(() => {
    if (!quiet && process.stderr.isTTY) line = show();
  }, PATIENCE_MS);
  let remarks: Promise<void> = Promise.resolve();
  return {
    remark: ({ by, line: text }) => {
      const before = remarks;
      remarks = (async () => {
        const { remark } = await import("./progress.ts");
        await before;
        remark(by === "svc" ? `svc: ${text}` : text, await line);
      })();
    },
    update: (next) => {
      waiting = next;
      void line?.then((shown) => shown.update(next));
    },
    end: async () => {
      clearTimeout(patience);
      await remarks;
      (await line)?.end();
    },
  };
}
