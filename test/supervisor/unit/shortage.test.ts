import { describe, expect, test } from "vitest";
import type { ServiceSpec, TcpProbe } from "../../../src/core/spec.ts";
import { SpawnError } from "../../../src/effects/child.ts";
import { probeAsService } from "../../../src/supervisor/unit/privileges.ts";
import { asSpawnError } from "../../../src/supervisor/unit/shortage.ts";
import type { Attempt, World } from "../../../src/supervisor/world.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: too many of something`), { code });
}

describe("a part of svc that cannot be loaded", () => {
  test.each(["EMFILE", "ENFILE", "ENOMEM", "EAGAIN"])("for %s is a start that may work later", (code) => {
    expect(asSpawnError(systemError(code))).toMatchObject({ name: "SpawnError", code, about: "surroundings" });
  });

  test("for any other reason stays a fault, and a failed start stays what it is", () => {
    expect(() => asSpawnError(systemError("ENOENT"))).toThrow("ENOENT: too many of something");
    expect(() => asSpawnError("text")).toThrow("text");
    const failed = new SpawnError("ENOENT", "node");
    expect(asSpawnError(failed)).toBe(failed);
  });

  test("says nothing against a service whose check it was for", async () => {
    const probe: TcpProbe = { kind: "tcp", host: "127.0.0.1", port: 1 };
    const world = { probe: () => Promise.reject(systemError("EMFILE")) } as unknown as World;
    const result = await probeAsService(world, {} as ServiceSpec, probe, {} as Attempt);
    expect(result).toMatchObject({ ok: false, unmade: true });
  });
});
