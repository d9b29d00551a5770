import type { MethodName, ParamsOf, Progress, ResultOf, Said } from "../core/methods.ts";
import type { Client } from "../effects/control-client.ts";
import { discover } from "../effects/discovery.ts";
import { surroundings } from "../effects/places.ts";
import type { GlobalOptions } from "./command.ts";
import { Interrupted } from "./interrupted.ts";
import type { ProgressLine } from "./progress.ts";
import { onInterrupt } from "./signals.ts";

/** A command that is done sooner says only its result. */
const PATIENCE_MS = 2_000;

/** Finds the supervisor, and leaves it when `use` has settled. Ctrl-C ends only the wait: what was asked for goes on. */
export async function withSupervisor<T>(global: GlobalOptions, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await discover({ cwd: process.cwd(), file: global.config, socket: global.socket }, surroundings());
  let settle = (): void => {};
  const interrupted = new Promise<never>((_, reject) => {
    settle = onInterrupt(() => reject(new Interrupted()));
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
  return await withSupervisor(global, async (client) => {
    const progress = startProgress(global, waitingFor);
    try {
      return await client.call(method, params, (name, news) => {
        if (name === "progress") progress.update((news as Progress).waiting);
        if (name === "said" && !global.quiet) progress.remark(news as Said);
      });
    } finally {
      await progress.end();
    }
  });
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
