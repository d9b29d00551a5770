import { readdirSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import type { MethodName, ParamsOf, ResultOf } from "../../src/core/methods.ts";

/** One request on a connection of its own, without the code under test; a process of svc for each look would cost a hundred times as much. */
export function request<M extends MethodName>(socket: string, method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
  return new Promise((resolve, reject) => {
    let text = "";
    const connection = createConnection(socket);
    connection.setEncoding("utf8").on("error", reject);
    connection.on("close", () => reject(new Error(`closed without an answer to ${method}`)));
    connection.on("data", (chunk: string) => {
      text += chunk;
      const reply = text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line))
        .find(({ id }) => id === 1);
      if (reply === undefined) return;
      if (reply.error) reject(new Error(reply.error.message));
      else resolve(reply.result);
      connection.destroy();
    });
    connection.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })}\n`);
  });
}

/** The one control socket below a runtime folder. */
export function socketIn(runtime: string): string {
  const folder = join(runtime, "svc");
  const found = readdirSync(folder).flatMap((name) =>
    readdirSync(join(folder, name)).includes("control.sock") ? [join(folder, name)] : [],
  );
  if (found.length !== 1) throw new Error(`${found.length} sockets in ${folder}`);
  return join(found[0]!, "control.sock");
}
