import { escapeControls } from "../../core/escape.ts";
import type { Dropped, ServiceEvent } from "../../core/methods.ts";
import { withSupervisor } from "../client.ts";
import type { Invocation } from "../command.ts";
import { print } from "../output.ts";

export async function run({ options, global }: Invocation): Promise<number> {
  const show = options.has("json") ? JSON.stringify : sentence;
  return await withSupervisor(global, async (client) => {
    await client.call("events", { follow: true }, (method, params) => {
      if (method === "event") print(show(params as ServiceEvent | Dropped));
    });
    await client.closed;
    return 0;
  });
}

function sentence(event: ServiceEvent | Dropped): string {
  if ("dropped" in event) return `${event.dropped} events were missed: this reader was too slow`;
  const { time, name, from, to, pid, reason } = event;
  const about = [pid === null ? null : `pid ${pid}`, reason].filter((one) => one !== null).join(", ");
  // One state may hold two steps: what a stopped process has left behind is ended while it is still "stopping".
  const states = from === to ? to : `${from} → ${to}`;
  return escapeControls(`${time} ${name} ${states}${about === "" ? "" : ` (${about})`}`);
}
