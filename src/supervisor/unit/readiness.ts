import type { Readable } from "node:stream";
import { absurd } from "../../core/absurd.ts";
import type { ExecProbe, HttpProbe, TcpProbe } from "../../core/spec.ts";
import { pause } from "../../effects/clock.ts";
import type { World } from "../world.ts";
import { followNotify } from "./notify.ts";
import { probeAsService } from "./privileges.ts";
import type { Unit } from "./unit.ts";

/** Reports `ready` once the check of a starting process passes, and until the returned controller is aborted. */
export function watchReadiness(world: World, unit: Unit): AbortController {
  const ended = new AbortController();
  const ready = (): void => {
    if (ended.signal.aborted) return;
    ended.abort();
    unit.feed({ type: "ready", at: world.clock.now() });
  };
  const probe = unit.spec.ready?.probe;
  if (probe === undefined) return ended;
  switch (probe.kind) {
    case "http":
    case "tcp":
    case "exec":
      void keepTrying(world, unit, probe, ended.signal, ready);
      break;
    case "log":
      watchLines(unit, (line) => line.includes(probe.text), ended.signal, ready);
      break;
    case "log-pattern": {
      // A sticky or global pattern would remember where it stopped in the line before.
      const pattern = new RegExp(probe.source, probe.flags.replace(/[gy]/g, ""));
      watchLines(unit, (line) => pattern.test(line), ended.signal, ready);
      break;
    }
    case "fd":
      watchDescriptor(unit.life.child?.notify ?? null, ready);
      break;
    case "message":
      unit.life.link?.onReady(ready);
      break;
    case "notify":
      void followNotify(world, unit, ready);
      break;
    default:
      absurd(probe);
  }
  return ended;
}

/** The first try at once, the next one `interval` after the end of the last: tries never overlap. */
async function keepTrying(
  world: World,
  unit: Unit,
  probe: HttpProbe | TcpProbe | ExecProbe,
  signal: AbortSignal,
  ready: () => void,
): Promise<void> {
  const check = unit.spec.ready;
  while (check !== null && !signal.aborted) {
    const attempt = { cwd: unit.spec.cwd, env: unit.life.env, timeoutMs: check.tryTimeoutMs, signal };
    const result = await probeAsService(world, unit.spec, probe, attempt);
    if (result.ok) return ready();
    await pause(world.clock, check.intervalMs, signal);
  }
}

function watchLines(unit: Unit, matches: (line: string) => boolean, signal: AbortSignal, ready: () => void): void {
  const { attached } = unit.life;
  if (attached === null) return;
  const release = attached.watchLines((line) => {
    if (matches(line)) ready();
  });
  signal.addEventListener("abort", release);
}

/** A newline on the descriptor is the sign (the convention of s6's notification-fd); its end without one is none. */
function watchDescriptor(notify: Readable | null, ready: () => void): void {
  notify?.on("data", (chunk: Buffer) => {
    if (!chunk.includes(10)) return;
    notify.destroy();
    ready();
  });
}
