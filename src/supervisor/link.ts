import { isFromHost, READY_MESSAGE, type ServeRequest, type ToHost } from "../core/host-messages.ts";
import type { ServiceSpec } from "../core/spec.ts";
import type { Child } from "../effects/child.ts";

/** The channel to a living instance: that of a TypeScript service, or of a command that says by message when it is ready. */
export interface Link {
  /** Calls `ready` once the process has said so, also where it has already. */
  onReady(ready: () => void): void;
  /** Asks a host that does not listen to signals yet to stop. False: a signal is the way. */
  askToStop(): boolean;
}

export function needsChannel(spec: ServiceSpec): boolean {
  return spec.work.kind !== "command" || spec.ready?.probe.kind === "message";
}

/** Tells a host what to run. null where the child has no channel. */
export function openLink({ channel }: Child, spec: ServiceSpec, instance: number): Link | null {
  if (channel === null) return null;
  const send = (message: ToHost): void => channel.send(message);
  let listening = spec.work.kind === "command";
  let isReady = false;
  let onReady = (): void => {};
  channel.onMessage((message) => {
    if (message === READY_MESSAGE) {
      isReady = true;
      onReady();
    } else if (isFromHost(message)) listening = true;
  });
  const request = serveRequest(spec, instance);
  if (request !== null) send({ svc: "serve", request });
  return {
    onReady: (ready) => {
      onReady = ready;
      // Never within the step that asks: it is a fact of its own.
      if (isReady) queueMicrotask(ready);
    },
    askToStop: () => {
      if (!listening) send({ svc: "stop" });
      return !listening;
    },
  };
}

function serveRequest(spec: ServiceSpec, instance: number): ServeRequest | null {
  const { name, work, options, stop, schedule, overlap, runTimeoutMs } = spec;
  if (work.kind === "command") return null;
  return { name, instance, work, options, stopSignal: stop.signal, stopTimeoutMs: stop.timeoutMs, schedule, overlap, runTimeoutMs };
}
