import { createServer } from "node:net";

/** Below those that a kernel gives out by itself, so that neither a listener on port 0 nor a connection can take it meanwhile. */
const FIRST = 12_000;
const COUNT = 18_000;

let next = process.pid * 37;

/** A TCP port on which nobody listens; never the same twice in a process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + (next++ % COUNT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
