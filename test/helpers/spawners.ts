import type { Spawn } from "../../src/effects/child.ts";
import { createClock } from "../../src/effects/clock.ts";
import { loadNative } from "../../src/effects/native/native.ts";
import { spawnNode } from "../../src/effects/spawn/node.ts";
import { createPosixSpawner } from "../../src/effects/spawn/posix.ts";
import { createReaper } from "../../src/effects/spawn/reaper.ts";

const native = loadNative();

/** Each way to start a process that there is here: without the native part only Node's. */
export const spawners: readonly { readonly name: string; readonly spawn: Spawn }[] = [
  { name: "node", spawn: spawnNode },
  ...("missing" in native ? [] : [{ name: "posix", spawn: createPosixSpawner({ native, reaper: startReaper(native) }) }]),
];

function startReaper(waits: Parameters<typeof createReaper>[0]["native"]) {
  return createReaper({ native: waits, clock: createClock(), onChildSignal: (listener) => process.on("SIGCHLD", listener) });
}
