import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { isConnectedToItself } from "../../../src/effects/checks/self-connection.ts";
import { freePort } from "../../helpers/ports.ts";

async function connected(port: number, localPort?: number) {
  const socket = connect({ host: "127.0.0.1", port, ...(localPort === undefined ? {} : { localPort }) });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

test("a connection from the port to which it goes, where nobody listens, is one with itself", async () => {
  const port = await freePort();
  expect(isConnectedToItself(await connected(port, port))).toBe(true);
});

test("one with a listener is none", async () => {
  const server = createServer((socket) => void socket.on("error", () => {}).resume()).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  expect(isConnectedToItself(await connected((server.address() as AddressInfo).port))).toBe(false);
});
