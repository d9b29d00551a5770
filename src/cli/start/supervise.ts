import { noSuchService } from "../../core/names.ts";
import type { FleetSpec } from "../../core/spec.ts";
import { type Clock, pause } from "../../effects/clock.ts";
import { methodMap } from "../../effects/control/methods.ts";
import { createControlServer } from "../../effects/control/server.ts";
import type { Keeper } from "../../effects/leftovers/keeper.ts";
import type { LogHub } from "../../effects/log/hub.ts";
import { type LogsWish, openLogs } from "../../effects/log/open-logs.ts";
import type { Missing } from "../../effects/native/native.ts";
import type { Ownership } from "../../effects/ownership/ownership.ts";
import { claimStateFolder, existingStateFolders, surroundings } from "../../effects/ownership/places.ts";
import type { NativeProcesses } from "../../effects/spawn/native-processes.ts";
import { killNamespace } from "../../effects/tree/kill-namespace.ts";
import { version } from "../../effects/version.ts";
import { type OwnDeathOptions, prepareForDeath } from "../../supervisor/own-death.ts";
import { realWorld } from "../../supervisor/real-world.ts";
import { sparedBy } from "../../supervisor/sparing.ts";
import { createSupervisor, type Supervisor } from "../../supervisor/supervisor.ts";
import { pidOneWithoutNative } from "../without-native.ts";
import type { Begun, StartWish } from "./begin.ts";
import type { EarlySignals } from "./early-signals.ts";
import { endStraysOf } from "./end-strays.ts";
import { describeFault, stopOnFaults } from "./faults.ts";
import { reloadUnasked } from "./reload-unasked.ts";
import { tellManager } from "./tell-manager.ts";

export interface Prepared {
  readonly clock: Clock;
  readonly native: NativeProcesses | Missing;
  readonly keeper: Keeper;
}

export interface SuperviseOptions extends Prepared {
  readonly wish: StartWish;
  readonly spec: FleetSpec;
  readonly ownership: Ownership;
  readonly signals: EarlySignals;
  readonly load: Begun["load"];
  /** Called when the first start is done with. */
  readonly onStarted: () => void;
}

/** Runs the services in the foreground until they are all down; resolves with svc's exit code. */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const { wish, spec, ownership, signals, clock, native, keeper, load, onStarted } = options;
  const { hub: logs, colourTerminal } = openLogs(clock, logsWish(wish, spec, ownership));
  logs.writeOwnTo(spec.ownLog);
  let end = (_ending: Ending): void => {};
  const ended = new Promise<Ending>((resolve) => {
    end = resolve;
  });
  const world = realWorld({
    clock,
    logs,
    env: wish.env,
    colour: colourTerminal,
    native: "missing" in native ? null : native,
    runtimeFolder: ownership.lock?.folder ?? null,
    fleetSpec: () => supervisor.fleet.spec,
    cgroups: true,
  });
  const death = await prepareForDeath(world, deathOptions(keeper, spec, ownership));
  const over = new AbortController();
  const supervisor: Supervisor = createSupervisor(death.world, {
    spec,
    exitCodeFrom: wish.exitCodeFrom,
    load: (onPrinted) => load(over.signal, onPrinted),
    watch: wish.watch,
    ...(wish.watchConfig && { onConfigChanged: () => void reloadUnasked(supervisor, logs) }),
    onEnd: (code, withinMs) => end({ code, withinMs }),
  });
  const control = await openControl(supervisor, ownership, logs);
  if ("missing" in native && process.pid === 1) logs.say(pidOneWithoutNative(native.missing));
  for (const warning of spec.warnings) logs.say(warning);
  wish.starter?.warn(spec.warnings);
  stopOnFaults(supervisor, logs);
  signals.takeOver({
    onStop: (signal) => supervisor.stop(signal),
    onReload: () => void reloadUnasked(supervisor, logs),
    onReopen: () => logs.reopenFiles(),
    onResume: () => clock.recheck(),
  });
  await tellManager(supervisor.fleet, wish.env);
  const started = supervisor.start(wish.names, wish.now);
  wish.starter?.follow(supervisor, started, ownership.socket);
  clock.arm(startingMs(supervisor.fleet.units.length), onStarted, { ref: false });
  const { code, withinMs } = await ended;
  // A config that is being evaluated for a reload would outlive svc by a moment.
  over.abort();
  await Promise.all([control?.close(), sayAndWrite(supervisor, logs, { clock, withinMs })]);
  await endStraysOf(native, { clock, marker: world.marker, spares: sparedBy(supervisor.fleet.spec) });
  await death.end();
  killNamespace();
  return code;
}

function deathOptions(keeper: Keeper, spec: FleetSpec, { lock }: Ownership): OwnDeathOptions {
  const around = surroundings();
  const folders = [claimStateFolder(spec.file, around, lock?.folder ?? null), lock?.folder ?? null];
  return {
    folders: [...new Set(folders.filter((folder) => folder !== null))],
    earlier: existingStateFolders(spec.file, around),
    uid: around.uid,
    locked: lock !== null,
    groupOnly: sparedBy(spec),
    keeper,
  };
}

/** After the lines of stalled outputs have been given up, the words that waited behind them still get to an output that is read. */
const LAST_WORDS_MS = 100;

/** The words about a service come after its last lines, so an output that nobody reads holds up the words on the other. */
async function sayAndWrite(
  supervisor: Supervisor,
  logs: LogHub,
  { clock, withinMs }: { readonly clock: Clock; readonly withinMs: number },
) {
  const until = clock.monotonic() + withinMs;
  const left = (): number => Math.max(0, until - clock.monotonic());
  await Promise.race([supervisor.spoken(), pause(clock, withinMs)]);
  await logs.flush(left());
  await Promise.race([supervisor.spoken(), pause(clock, LAST_WORDS_MS)]);
  await logs.flush(LAST_WORDS_MS);
}

/**
 * By then most services have been started and have said their first words; what goes on after it is worth the compiler's time.
 * For a hundred services of Node that is a matter of seconds, and the difference is 40 KB of svc's memory for each.
 */
function startingMs(services: number): number {
  return Math.min(500 + 150 * services, 20_000);
}

interface Ending {
  readonly code: number;
  readonly withinMs: number;
}

/** Names that the config does not have end the start before anything runs. */
export function checkNames(spec: FleetSpec, wish: StartWish): void {
  const known = spec.services.flatMap(({ name, instances }) => [
    name,
    ...Array.from({ length: Math.max(1, instances ?? 1) }, (_, index) => `${name}.${index + 1}`),
  ]);
  const services = spec.services.map((service) => service.name);
  for (const name of wish.names) if (!known.includes(name)) throw noSuchService(name, services);
  const from = wish.exitCodeFrom;
  if (from !== null && !services.includes(from)) throw noSuchService(from, services);
}

function logsWish(wish: StartWish, spec: FleetSpec, { lock }: Ownership): LogsWish {
  const { format, timestamps, env, global, keepsLogs = false } = wish;
  const stateFolder = keepsLogs ? claimStateFolder(spec.file, surroundings(), lock?.folder ?? null) : null;
  return { format, configured: spec.logFormat, timestamps, noColor: !global.color, env, stateFolder };
}

async function openControl(supervisor: Supervisor, ownership: Ownership, logs: LogHub) {
  if (ownership.lock === null) {
    logs.say(
      "no folder is writable for svc's socket and lock (XDG_RUNTIME_DIR, /run, TMPDIR or /tmp would do): other svc commands cannot reach it",
    );
  }
  if (ownership.socket === null) return null;
  return createControlServer({
    path: ownership.socket,
    owned: ownership.lock !== null && ownership.socket.startsWith(`${ownership.lock.folder}/`),
    methods: methodMap(supervisor.methods),
    hello: { version: version(), pid: process.pid, config: supervisor.fleet.spec.file },
    onFault: (error) => logs.say(describeFault(error)),
  });
}
