import { checkSubject } from "../../core/check-words.ts";
import { formatDuration } from "../../core/duration.ts";
import type { CheckName } from "../../core/machine/state.ts";
import type { ExecProbe, HttpProbe, TcpProbe } from "../../core/spec.ts";
import { pause } from "../../effects/clock.ts";
import type { World } from "../world.ts";
import { probeAsService } from "./privileges.ts";
import type { Unit } from "./unit.ts";

/** Told of each check; `why` is null where it passed. */
type Tell = (why: string | null) => void;

/** Checks the health of a process that is up, until the returned controller is aborted. */
export function watchHealth(world: World, unit: Unit): AbortController {
  const ended = new AbortController();
  const { signal } = ended;
  const { health } = unit.spec;
  const teller =
    (check: CheckName): Tell =>
    (why) => {
      if (!signal.aborted) unit.feed({ type: "checked", at: world.clock.now(), check, why: why === null ? null : unit.log.mask(why) });
    };
  if (health !== null && health.probe !== null) void keepProbing(world, unit, health.probe, signal, teller("probe"));
  if (health !== null && health.eventLoopMs !== null) void watchEventLoop(world, unit, health.eventLoopMs, signal, teller("eventLoop"));
  return ended;
}

/** The next check comes `interval` after the end of the last: two never overlap. */
async function keepProbing(world: World, unit: Unit, probe: HttpProbe | TcpProbe | ExecProbe, signal: AbortSignal, tell: Tell) {
  // A process that has only just been made is given an interval, unless its readiness, or a start period, has seen to that.
  let pauseMs = unit.spec.ready === null && unit.spec.health?.startPeriodMs === 0 ? unit.spec.health.intervalMs : 0;
  for (;;) {
    await pause(world.clock, pauseMs, signal);
    const { spec, life } = unit;
    if (signal.aborted || spec.health === null) return;
    const attempt = { cwd: spec.cwd, env: life.env, timeoutMs: spec.health.timeoutMs, signal };
    const result = await probeAsService(world, spec, probe, attempt);
    if (result.ok) tell(null);
    // What svc could not ask for want of means of its own says nothing against the service.
    else if (!result.unmade) tell(`${checkSubject(probe)} ${result.why}`);
    pauseMs = spec.health.intervalMs;
  }
}

/** The question is asked this often within the limit, so that a loop that stands is found at the latest a quarter after it. */
const QUESTIONS_A_LIMIT = 4;

/**
 * Counts svc's own ticks in place of the time, so that svc, having been suspended itself, blames nobody. Silence counts from
 * the first answer on: before it the service is being loaded. Only changes are told.
 */
async function watchEventLoop(world: World, unit: Unit, limitMs: number, signal: AbortSignal, tell: Tell): Promise<void> {
  const { link } = unit.life;
  let turns: boolean | null = null;
  let silentTicks: number | null = null;
  const answered = (): void => {
    silentTicks = null;
    if (turns !== true) tell(null);
    turns = true;
  };
  for (;;) {
    if (silentTicks === null) {
      silentTicks = 0;
      link?.askForLife(answered);
    }
    await pause(world.clock, limitMs / QUESTIONS_A_LIMIT, signal);
    // An answer that has arrived while svc itself was busy is read first.
    await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) return;
    if (silentTicks === null || turns === null) continue;
    silentTicks += 1;
    if (silentTicks < QUESTIONS_A_LIMIT || !turns) continue;
    turns = false;
    tell(`its event loop did not turn in ${formatDuration(limitMs)}`);
  }
}
