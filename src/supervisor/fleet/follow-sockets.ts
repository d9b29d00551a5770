import { collide, sameSocket } from "../../core/listening.ts";
import { holdsProcess, isDown } from "../../core/machine/shown.ts";
import type { Phase } from "../../core/machine/state.ts";
import type { SocketSpec } from "../../core/spec.ts";
import type { Unit } from "../unit/unit.ts";
import { type Change, type FleetContext, unitsOf } from "./fleet.ts";

/**
 * How long the socket of a service lives: from its first start until all of its instances are down, through every restart
 * between. On one that is down for good connections would wait for ever: they are to be refused. Registered as an observer of
 * the fleet.
 */
export function followSockets(fleet: FleetContext, { unit, before, after }: Change): void {
  const { sockets } = fleet.world;
  const held = sockets.held().get(unit.service)?.socket;
  if (held === undefined || after.phase.tag === before.phase.tag) return;
  const units = unitsOf(fleet, unit.service);
  const isReplaced = !sameSocket(held, unit.spec.socket);
  if (units.every(({ state }) => isDown(state.phase) || (isReplaced && !holdsSocket(state.phase)))) sockets.close(unit.service);
  // Before connections have to wait, and while those are served that have: a service that listens by itself makes room for fewer.
  else sockets.widen(unit.service);
}

/** True where svc listens for it. */
export function isListening({ world }: FleetContext, { service }: Unit): boolean {
  return world.sockets.held().has(service);
}

/** True where the address that a service is to listen at is that of another socket, which a reload has replaced and which closes soon. */
export function waitsForSocket({ world }: FleetContext, { service, spec }: Unit): boolean {
  const { socket } = spec;
  return socket !== null && [...world.sockets.held()].some(([holder, held]) => isInTheWay(held.socket, socket, holder === service));
}

function isInTheWay(held: SocketSpec, wanted: SocketSpec, isOwn: boolean): boolean {
  return collide(held, wanted) && !(isOwn && sameSocket(held, wanted));
}

/** A process that has the descriptor lives, is being made, or has left others that may have it. */
function holdsSocket(phase: Phase): boolean {
  return holdsProcess(phase) || phase.tag === "spawning" || (phase.tag === "backoff" && !phase.cleaned);
}
