import type { LogHub } from "../../effects/log/hub.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";

/**
 * A fault of svc's own must not leave services without a supervisor: it is said with its stack, and everything is stopped as
 * `svc stop` does. A second one ends the politeness.
 */
export function stopOnFaults(supervisor: Supervisor, logs: LogHub): void {
  let faults = 0;
  const onFault = (error: unknown): void => {
    logs.say(describeFault(error));
    faults += 1;
    supervisor.stopForFault(faults > 1);
  };
  process.on("uncaughtException", onFault);
  process.on("unhandledRejection", onFault);
}

export function describeFault(error: unknown): string {
  return `this is a fault of svc itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
