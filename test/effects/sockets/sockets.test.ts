import { expect, test } from "vitest";
import type { SocketSpec } from "../../../src/core/spec.ts";
import { createSockets } from "../../../src/effects/sockets/sockets.ts";

const here: SocketSpec = { host: null, port: 3000 };
const there: SocketSpec = { host: null, port: 3001 };

/** Listeners that note what is done with them; `finish` lets those that are being opened be there. */
function listening() {
  const notes: string[] = [];
  const waiting: (() => void)[] = [];
  let fd = 300;
  const sockets = createSockets(async ({ port }) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    notes.push(`open ${port}`);
    if (port === 80) throw new Error("EACCES");
    fd += 1;
    return { fd, widen: () => notes.push(`widen ${port}`), close: () => notes.push(`close ${port}`) };
  });
  const finish = async (): Promise<void> => {
    for (const resolve of waiting.splice(0)) resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { sockets, notes, finish };
}

test("all instances of a service have one socket, which is opened once", async () => {
  const { sockets, notes, finish } = listening();
  const both = Promise.all([sockets.open("web", here), sockets.open("web", { ...here })]);
  await finish();
  expect(await both).toEqual([301, 301]);
  expect(notes.filter((note) => note !== "widen 3000")).toEqual(["open 3000"]);
  expect([...sockets.held().keys()]).toEqual(["web"]);
});

test("another address takes the place of the one before", async () => {
  const { sockets, notes, finish } = listening();
  void sockets.open("web", here);
  await finish();
  const next = sockets.open("web", there);
  await finish();
  expect(await next).toBe(302);
  expect(notes).toEqual(["open 3000", "close 3000", "open 3001", "widen 3001"]);
});

test("one that is closed while it is being opened does not stay open", async () => {
  const { sockets, notes, finish } = listening();
  void sockets.open("web", here);
  sockets.close("web");
  await finish();
  expect(notes).toEqual(["open 3000", "close 3000"]);
  expect(sockets.held().size).toBe(0);
});

test("one that could not be opened is tried anew by the next start", async () => {
  const { sockets, notes, finish } = listening();
  for (const _ of [1, 2]) {
    const failed = sockets.open("web", { host: null, port: 80 }).catch((error: Error) => error.message);
    await finish();
    expect(await failed).toBe("EACCES");
    expect(sockets.held().size).toBe(0);
  }
  expect(notes).toEqual(["open 80", "open 80"]);
});
