import type { Child, Spawn, SpawnRequest } from "../child.ts";

interface Waiting {
  readonly request: SpawnRequest;
  readonly resolve: (child: Promise<Child>) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Starting a process blocks the event loop for milliseconds (fork and exec are waited for), so a thousand starts in a row
 * would silence logs, signals and the control socket for seconds. Here each turn of the loop starts one, in the order asked.
 * A request whose `signal` aborts while it waits rejects with the signal's reason, and no process is started.
 */
export function createSpawner(spawn: Spawn): Spawn {
  const queue = new Set<Waiting>();
  let armed = false;

  const arm = (): void => {
    if (!armed && queue.size > 0) {
      armed = true;
      setImmediate(startNext);
    }
  };
  const startNext = (): void => {
    armed = false;
    const [next] = queue;
    if (next !== undefined) {
      queue.delete(next);
      next.resolve(spawn(next.request));
    }
    arm();
  };

  return (request) =>
    new Promise<Child>((resolve, reject) => {
      const { signal } = request;
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abandon = (): void => {
        queue.delete(waiting);
        reject(signal?.reason);
      };
      const waiting: Waiting = {
        request,
        resolve: (child) => {
          signal?.removeEventListener("abort", abandon);
          resolve(child);
        },
        reject,
      };
      signal?.addEventListener("abort", abandon, { once: true });
      queue.add(waiting);
      arm();
    });
}
