import type { Client } from "../effects/control/client.ts";
import { withSupervisor } from "./client.ts";
import type { GlobalOptions } from "./command.ts";
import { Interrupted } from "./interrupted.ts";
import { print, say } from "./output.ts";
import { openScreen } from "./screen.ts";

/** Processor time and memory change without an event. */
const LOOK_MS = 1_000;
/** Of changes that come together one look is enough. */
const SETTLE_MS = 50;

/** Shows the list again and again, until svc ends. Ctrl-C is the way to leave, not an interruption. */
export async function watchList(global: GlobalOptions, look: (client: Client) => Promise<string>, json: boolean): Promise<number> {
  const show = json ? print : openScreen(process.stdout);
  try {
    await withSupervisor(global, (client) => lookAndLook(client, async () => show(await look(client))));
    if (!json) say(global, "svc has ended");
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    return 0;
  }
}

/** Resolves when the supervisor has closed the connection. */
async function lookAndLook(client: Client, look: () => Promise<void>): Promise<void> {
  let changed = (): void => {};
  let over = false;
  const closed = client.closed.then(() => {
    over = true;
  });
  await client.call("events", { follow: true }, (method) => {
    if (method === "event") changed();
  });
  while (!over) {
    const change = new Promise<void>((resolve) => {
      changed = resolve;
    });
    try {
      await look();
    } catch (error) {
      // The supervisor may end in the midst of an answer.
      if (!over) await Promise.race([closed, pause(SETTLE_MS)]);
      if (!over) throw error;
      return;
    }
    await Promise.race([closed, pause(LOOK_MS), change.then(() => pause(SETTLE_MS))]);
  }
}

/** Keeps no process alive: the connection does. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
