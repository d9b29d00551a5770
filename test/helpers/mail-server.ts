import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";

/** The example's queue of mails in a folder, and a provider of mail that does what a test wants. */
export interface Provider {
  readonly url: string;
  /** The mails that were asked to be sent, in order; a request that is answered later is there at once. */
  readonly requests: readonly Request[];
  close(): void;
}

export interface Request {
  /** The job's name without its tries. */
  readonly id: string;
  /** From 1. */
  readonly tries: number;
  /** The instance of the worker that has the job in hand. */
  readonly worker: number;
  /** Everywhere in the queue where the job was seen while its worker waited for the answer. */
  readonly places: readonly string[];
}

/** `answer` resolves with a status; while it does not, the worker is in the midst of the job. */
export async function startProvider(queue: string, answer: (request: Request) => Promise<number>): Promise<Provider> {
  const requests: Request[] = [];
  const server = createServer((incoming, response) => {
    const request = describe(queue, String(incoming.headers["idempotency-key"]));
    requests.push(request);
    incoming.resume();
    // What has no answer any more belongs to a worker that was killed.
    void answer(request).then((status) => response.writeHead(status).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    requests,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function describe(queue: string, id: string): Request {
  const places = readdirSync(queue, { recursive: true, encoding: "utf8" }).filter((name) => basename(name).split(".")[0] === id);
  const [, worker, tries] = /^taken\/(\d+)\/.*\.(\d+)$/.exec(places[0] ?? "") ?? [];
  return { id, worker: Number(worker), tries: Number(tries), places };
}

/** The names of the jobs in a folder of the queue, without their tries. */
export function jobsIn(queue: string, folder: string): string[] {
  return readdirSync(join(queue, folder))
    .map((name) => name.split(".")[0]!)
    .sort();
}
