import { absurd } from "../../core/absurd.ts";
import { type FromHost, isFromHost, READY_MESSAGE, type ServeRequest, type ToHost } from "../../core/host-messages.ts";
import type { Event } from "../../core/machine/state.ts";
import type { ServiceSpec } from "../../core/spec.ts";
import type { Child } from "../../effects/child.ts";
import type { World } from "../world.ts";
import type { Unit } from "./unit.ts";

/** The channel to a living instance: that of a TypeScript service, or of a command that says by message when it is ready. */
export interface Link {
  /** Calls `ready` once the process has said so, also where it has already. */
  onReady(ready: () => void): void;
  /** Asks a host whether its event loop turns; `answered` is called once it does, not before the service is loaded. */
  askForLife(answered: () => void): void;
  /** Asks a host that does not listen to signals yet to stop. False: a signal is the way. */
  askToStop(): boolean;
  /** Has a host run at once what waits for its schedule. */
  runNow(): void;
  /** Gives up a service that runs inside this process. */
  giveUp(): void;
}

export function needsChannel(spec: ServiceSpec): boolean {
  return spec.work.kind !== "command" || spec.ready?.probe.kind === "message";
}

/** Tells a host what to run, and follows what it tells. null where the child has no channel. */
export function openLink(world: World, unit: Unit, { channel }: Child, now: boolean): Link | null {
  if (channel === null) return null;
  const { spec } = unit;
  const send = (message: ToHost): void => channel.send(message);
  let listening = spec.work.kind === "command";
  let isReady = false;
  let onReady = (): void => {};
  let onAlive = (): void => {};
  channel.onMessage((message) => {
    if (message === READY_MESSAGE) {
      isReady = true;
      onReady();
    } else if (isFromHost(message)) {
      if (message.svc === "listening") listening = true;
      if (message.svc === "alive") onAlive();
      if (message.svc === "found") found(unit, spec, message.hash);
      const event = eventOf(message, world.clock.now(), unit);
      // What a process has still said when it ended concerns nobody: its end says more.
      if (event !== null && unit.life.link === link) unit.feed(event);
    }
  });
  const request = serveRequest(spec, unit.instance, now);
  if (request !== null) send({ svc: "serve", request });
  const link: Link = {
    onReady: (ready) => {
      onReady = ready;
      // Never within the step that asks: it is a fact of its own.
      if (isReady) queueMicrotask(ready);
    },
    askForLife: (answered) => {
      onAlive = answered;
      send({ svc: "live" });
    },
    askToStop: () => {
      if (!listening) send({ svc: "stop" });
      return !listening;
    },
    runNow: () => {
      if (spec.schedule !== null && spec.work.kind !== "command") send({ svc: "run" });
    },
    giveUp: () => send({ svc: "kill" }),
  };
  return link;
}

/** What the process runs counts from then on: the next reload has nothing to do where it finds the same. */
function found({ life }: Unit, { work }: ServiceSpec, hash: string): void {
  if (work.kind !== "inline") return;
  life.sameInProcess ||= hash === work.hash;
  life.loaded = life.sameInProcess ? hash : null;
}

function eventOf(message: FromHost, at: number, { log }: Unit): Event | null {
  switch (message.svc) {
    case "listening":
    case "alive":
    case "found":
      return null;
    case "planned":
      return { type: "planned", at, dueAt: message.dueAt };
    case "runFailed":
      return { type: "runFailed", at, reason: log.mask(message.reason) };
    case "overdue":
      return { type: "elapsed", at, timer: "run" };
    default:
      return absurd(message);
  }
}

function serveRequest(spec: ServiceSpec, instance: number, runNow: boolean): ServeRequest | null {
  const { name, work, options, stop, schedule, overlap, runTimeoutMs } = spec;
  if (work.kind === "command") return null;
  return { name, instance, work, options, stopSignal: stop.signal, stopTimeoutMs: stop.timeoutMs, schedule, overlap, runTimeoutMs, runNow };
}
