import { setImmediate as turn } from "node:timers/promises";

/**
 * Collects what is asked for in one moment and answers it with one run. A request that comes while a run is under way waits
 * for the next one: the run may already have passed what the request is about. Two runs never overlap.
 */
export function batched<Request, Answer>(
  run: (requests: readonly Request[]) => Promise<Answer> | Answer,
): (request: Request) => Promise<Answer> {
  let running: Promise<unknown> = Promise.resolve();
  let collecting: { readonly requests: Request[]; readonly answer: Promise<Answer> } | null = null;

  return (request) => {
    if (collecting === null) {
      const requests: Request[] = [];
      const answer = running.then(turn).then(() => {
        collecting = null;
        return run(requests);
      });
      collecting = { requests, answer };
      running = answer.catch(() => undefined);
    }
    collecting.requests.push(request);
    return collecting.answer;
  };
}
