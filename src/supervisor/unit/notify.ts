import { parseNotifyMessage } from "../../core/notify-message.ts";
import { pause } from "../../effects/clock.ts";
import type { NotifySocket } from "../../effects/sockets/notify-socket.ts";
import { isFromTree } from "../../effects/tree/kin.ts";
import type { World } from "../world.ts";
import type { Unit } from "./unit.ts";

/** What svc holds of a process that says by sd_notify(3) how it stands. */
export interface Notify {
  readonly socket: NotifySocket;
  readonly closed: AbortController;
  /** Its last STATUS=. */
  says: string | null;
}

/** Node cannot wait for such a socket, so it is looked at: this often while svc waits for READY=1, and later for what else is said. */
const STARTING_MS = 50;
const RUNNING_MS = 1_000;

/** A process that never stops talking must not keep svc from the others. */
const MESSAGES_A_LOOK = 100;

/** Rejects with a `SpawnError`. */
export async function openNotify(world: World, unit: Unit): Promise<Notify> {
  const ownUser = unit.spec.user === null && unit.spec.group === null;
  const socket = await world.openNotify({ name: unit.name, ownUser });
  return { socket, closed: new AbortController(), says: null };
}

/** Until the process has ended. What others than its own tree say is not heard. */
export async function followNotify(world: World, unit: Unit, ready: () => void): Promise<void> {
  const { notify, tree } = unit.life;
  if (notify === null || tree === null) return;
  const { signal } = notify.closed;
  let isReady = false;
  while (!signal.aborted) {
    for (let left = MESSAGES_A_LOOK; left > 0; left--) {
      const message = notify.socket.receive();
      if (message === null) break;
      if (!isFromTree(tree, message)) continue;
      const { ready: says, status } = parseNotifyMessage(message.text);
      if (status !== null) notify.says = unit.log.mask(status);
      if (says) isReady = true;
    }
    if (isReady) ready();
    await pause(world.clock, isReady ? RUNNING_MS : STARTING_MS, signal);
  }
}

export function endNotify({ life }: Unit): void {
  life.notify?.closed.abort();
  life.notify?.socket.close();
  life.notify = null;
}
