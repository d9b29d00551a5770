import { createServer } from "node:net";

/** Below those that a kernel gives out by itself, so that neither a listener on port 0 nor a connection can take it meanwhile. */
const FIRST = 12_000;
/** Of each of the workers that run test files at the same time, as vitest numbers them. */
const SHARE = 4_500;
const SHARES = 4;

const share = Number(process.env.VITEST_POOL_ID ?? 0) % SHARES;
/** Two runs of the tests on one machine do not begin at the same. */
let next = process.pid * 37;

/** A TCP port on which nobody listens, and which no other test that runs at the same time is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + share * SHARE + (next++ % SHARE);
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
