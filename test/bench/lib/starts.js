// `node starts.js COUNT`: starts as many processes with the spawner of svc's supervisor, by posix_spawn where the native part is
// there and by Node elsewhere, and prints what one start takes as `{ ms, cpuMs }`.
import { createClock } from "../../../dist/effects/clock.js";
import { openNativeProcesses } from "../../../dist/effects/spawn/native-processes.js";
import { spawnNode } from "../../../dist/effects/spawn/node.js";
import { trackNodeChildren } from "../../../dist/effects/spawn/node-children.js";
import { createSpawner } from "../../../dist/effects/spawn/queue.js";

const count = Number(process.argv[2]);
const onChildSignal = (listener) => process.on("SIGCHLD", listener);
const native = openNativeProcesses({ clock: createClock(), onChildSignal, isNodes: trackNodeChildren() });
const spawn = createSpawner("missing" in native ? spawnNode : native.spawn);
const env = { PATH: "/usr/bin:/bin" };

// The first ones find the code cold.
await measure(50);
console.log(JSON.stringify(await measure(count)));

async function measure(starts) {
  const [at, cpu] = [performance.now(), process.cpuUsage()];
  const children = await Promise.all(Array.from({ length: starts }, () => spawn({ argv: ["/bin/sleep", "1000"], cwd: "/", env })));
  const [ms, { user, system }] = [performance.now() - at, process.cpuUsage(cpu)];
  for (const { pid } of children) process.kill(pid, "SIGKILL");
  await Promise.all(children.map(({ exited }) => exited));
  return { ms: ms / starts, cpuMs: (user + system) / 1000 / starts };
}
