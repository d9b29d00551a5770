import { CronPattern } from "croner";
import { LAST_PORT } from "../defaults.ts";
import { type Draft, has, isRunner, problemAt } from "./draft.ts";
import { gotOf } from "./fields.ts";
import type { Problem } from "./problem.ts";
import type { ServiceInput } from "./service-schema.ts";
import { show } from "./show.ts";

const KINDS = ["command", "service", "module"] as const;
const SCHEDULES = ["every", "cron"] as const;
const ALIASES: ReadonlySet<string> = new Set(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]);

/** What the keys of one service demand of each other. */
export function checkService(draft: Draft): readonly Problem[] {
  return [...checkKind(draft), ...checkSchedule(draft), ...checkCron(draft), ...checkPorts(draft)];
}

function checkKind(draft: Draft): readonly Problem[] {
  const used = KINDS.filter((kind) => has(draft, kind));
  const problems: Problem[] = [];
  if (used.length !== 1) {
    problems.push(problemAt(draft, null, `expected exactly one of ${KINDS.join(", ")}, got ${gotOf(used, draft.raw, KINDS)}`));
  }
  if (has(draft, "command") && !isRunner(draft)) {
    if (has(draft, "options")) problems.push(problemAt(draft, "options", 'goes with "service" or "module" only'));
    if ((draft.input.health?.eventLoopMs ?? null) !== null) {
      const place = { path: [...draft.path, "health", "eventLoop"] };
      problems.push({ ...place, text: 'goes with "service" or "module" only: a command\'s event loop cannot be seen from outside' });
    }
  }
  return problems;
}

function checkSchedule(draft: Draft): readonly Problem[] {
  const used = SCHEDULES.filter((key) => has(draft, key));
  if (used.length === 2) return [problemAt(draft, null, "expected at most one of every, cron; got both")];
  const onlyWith = (keys: readonly (keyof ServiceInput)[], cause: string) =>
    keys.filter((key) => has(draft, key)).map((key) => problemAt(draft, key, `goes with ${cause} only`));
  if (used.length === 0) return onlyWith(["overlap", "runTimeout", "runOnStart", "timezone"], '"every" or "cron"');
  return used[0] === "every" ? onlyWith(["timezone"], '"cron"') : onlyWith(["runOnStart"], '"every"');
}

function checkCron(draft: Draft): readonly Problem[] {
  const { cron, timezone } = draft.input;
  const problems: Problem[] = [];
  const complaint = cron === undefined ? null : cronComplaint(cron);
  if (complaint !== null) problems.push(problemAt(draft, "cron", complaint));
  if (timezone !== undefined && !isTimezone(timezone)) {
    problems.push(problemAt(draft, "timezone", `expected a time zone such as "Europe/Berlin" or "UTC", got ${show(timezone)}`));
  }
  return problems;
}

function cronComplaint(cron: string): string | null {
  const expected = 'expected five fields (minute, hour, day of the month, month, day of the week) such as "0 3 * * *", or "@daily"';
  const words = cron.trim().split(/\s+/);
  if (words.length === 1 && ALIASES.has(cron.trim().toLowerCase())) return null;
  if (words.length !== 5) return `${expected}, got ${show(cron)}`;
  try {
    new CronPattern(words.join(" "), undefined, { mode: "5-part" });
    return null;
  } catch (error) {
    const reason = (error as Error).message.replace(/^CronPattern: /, "");
    return `${expected}, got ${show(cron)} (${reason})`;
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function checkPorts(draft: Draft): readonly Problem[] {
  const { portBase, instances } = draft.input;
  if (portBase === undefined || instances === undefined || portBase + instances - 1 <= LAST_PORT) return [];
  return [problemAt(draft, "portBase", `${portBase} leaves no room for ${instances} instances: the last port is ${LAST_PORT}`)];
}
