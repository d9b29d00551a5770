import { readFileSync } from "node:fs";
import { until } from "./until.ts";

const LOOKS = 10;

/** Waits until a process that writes as much as it can has not run for ten looks in a row: nobody takes what it writes. */
export async function untilBlocked(pid: number): Promise<void> {
  let before = -1;
  let equal = 0;
  const look = (): boolean => {
    const now = switchesOf(pid);
    equal = now === before ? equal + 1 : 0;
    before = now;
    return equal >= LOOKS && /^State:\s+S/m.test(statusOf(pid));
  };
  await until(look, { interval: 30, what: `${pid} blocked` });
}

/** How often a process has left its processor. */
function switchesOf(pid: number): number {
  const counts = statusOf(pid).match(/ctxt_switches:\s*\d+/g) ?? [];
  return counts.reduce((sum, count) => sum + Number(count.replace(/\D/g, "")), 0);
}

function statusOf(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, "latin1");
}
