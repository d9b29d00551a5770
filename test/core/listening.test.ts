import { expect, test } from "vitest";
import { answersAt, collide, sameSocket, shownSocket } from "../../src/core/listening.ts";

const everywhere = { host: null, port: 3000 };
const local = { host: "127.0.0.1", port: 3000 };
const outer = { host: "192.0.2.7", port: 3000 };

test("two sockets collide on one port, unless each has an address of its own", () => {
  expect(collide(everywhere, local)).toBe(true);
  expect(collide(local, { host: "0.0.0.0", port: 3000 })).toBe(true);
  expect(collide(local, { host: "::", port: 3000 })).toBe(true);
  expect(collide(local, local)).toBe(true);
  expect(collide(local, outer)).toBe(false);
  expect(collide(everywhere, { host: null, port: 3001 })).toBe(false);
});

test("a socket is the same only with the same host and port", () => {
  expect(sameSocket(local, { ...local })).toBe(true);
  expect(sameSocket(local, everywhere)).toBe(false);
  expect(sameSocket(local, { ...local, port: 3001 })).toBe(false);
  expect(sameSocket(local, null)).toBe(false);
  expect(sameSocket(null, null)).toBe(true);
});

test("it answers where a connection from this machine reaches it", () => {
  expect(answersAt(everywhere, "127.0.0.1", 3000)).toBe(true);
  expect(answersAt(local, "localhost", 3000)).toBe(true);
  expect(answersAt(outer, "192.0.2.7", 3000)).toBe(true);
  expect(answersAt(outer, "127.0.0.1", 3000)).toBe(false);
  expect(answersAt(everywhere, "db", 3000)).toBe(false);
  expect(answersAt(everywhere, "127.0.0.1", 3001)).toBe(false);
});

test("it is shown as it would be written", () => {
  expect([everywhere, local, { host: "::1", port: 80 }].map(shownSocket)).toEqual(["port 3000", "127.0.0.1:3000", "[::1]:80"]);
});
