import { readdirSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";

/**
 * A connection to the supervisor `pid`, the one below a runtime folder, without the code under test; null while it does not
 * answer. One that was killed in the midst of a spawn may seem to listen for a moment: the child still holds its socket.
 */
export async function connect(runtime, pid, onEvent) {
  const path = socketBelow(join(runtime, "svc"));
  const socket = path === null ? null : await opened(path);
  if (socket === null) return null;
  const waiting = new Map();
  let rest = "";
  let lastId = 0;
  socket.setEncoding("utf8").on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const { id, method, params, result, error } of lines.map((line) => JSON.parse(line))) {
      if (method === "event") onEvent(params);
      else waiting.get(id)?.(error === undefined ? { result } : { error });
    }
  });
  socket.on("close", () => {
    for (const answer of waiting.values()) answer({ error: { message: "closed" } });
  });
  /** Resolves with `{ result }` or `{ error }`, and with null where no answer came in time. */
  const ask = (method, params = {}, withinMs = 180_000) =>
    new Promise((resolve) => {
      const id = ++lastId;
      const timer = setTimeout(() => resolve(null), withinMs);
      waiting.set(id, (answer) => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(answer);
      });
      if (socket.destroyed) waiting.get(id)({ error: { message: "closed" } });
      else socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });
  const hello = await ask("hello");
  if (hello?.result?.pid !== pid) {
    socket.destroy();
    return null;
  }
  await ask("events", { follow: true });
  return { ask, close: () => socket.destroy() };
}

function socketBelow(folder) {
  try {
    const [name] = readdirSync(folder);
    return name === undefined ? null : join(folder, name, "control.sock");
  } catch {
    return null;
  }
}

function opened(path) {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.on("error", () => resolve(null));
    socket.once("connect", () => resolve(socket));
  });
}
