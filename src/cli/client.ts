import type { MethodName, ParamsOf, Progress, ResultOf } from "../core/methods.ts";
import type { Client } from "../effects/control-client.ts";
import { discover } from "../effects/discovery.ts";
import { surroundings } from "../effects/places.ts";
import type { GlobalOptions } from "./command.ts";
import { Interrupted } from "./interrupted.ts";
import { showProgress } from "./progress.ts";
import { onInterrupt } from "./signals.ts";

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

/** One question to the supervisor. On a terminal, a wait of more than two seconds says what it waits for. */
export async function ask<M extends MethodName>(
  global: GlobalOptions,
  method: M,
  params: ParamsOf<M>,
  waitingFor: readonly string[] = [],
): Promise<ResultOf<M>> {
  return await withSupervisor(global, async (client) => {
    const progress = showProgress(global, waitingFor);
    try {
      return await client.call(method, params, (name, news) => {
        if (name === "progress") progress.update((news as Progress).waiting);
      });
    } finally {
      progress.end();
    }
  });
}
