import { expect, test } from "vitest";
import { checkSubject } from "../../src/core/check-words.ts";
import type { ExecProbe, HttpProbe } from "../../src/core/spec.ts";

const http = (url: string): HttpProbe => ({ kind: "http", url, status: [200, 399], headers: [["Authorization", "secret"]] });
const exec = (text: string): ExecProbe => ({ kind: "exec", command: { argv: ["sh", "-c", text], text, shell: true } });

test("a check is named by what it asks", () => {
  expect(checkSubject(http("http://127.0.0.1:3000/healthz"))).toBe("GET http://127.0.0.1:3000/healthz");
  expect(checkSubject({ kind: "tcp", host: "127.0.0.1", port: 5432 })).toBe("TCP 127.0.0.1:5432");
  expect(checkSubject({ kind: "tcp", host: "::1", port: 5432 })).toBe("TCP [::1]:5432");
  expect(checkSubject(exec("pg_isready -q"))).toBe("pg_isready -q");
});

test("of a URL nothing is told that may be a secret", () => {
  expect(checkSubject(http("https://user:hunter2@example.test/up?token=abc#x"))).toBe("GET https://example.test/up");
});

test("a long script is told by its beginning", () => {
  expect(checkSubject(exec("x".repeat(200)))).toBe(`${"x".repeat(60)}…`);
});
