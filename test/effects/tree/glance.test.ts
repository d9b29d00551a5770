import { expect, test } from "vitest";
import { createClock } from "../../../src/effects/clock.ts";
import { readStat } from "../../../src/effects/proc/proc.ts";
import { residentBytes } from "../../../src/effects/tree/glance.ts";
import { createTrees } from "../../../src/effects/tree/tree.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { serviceStarter } from "../../helpers/services.ts";
import { until } from "../../helpers/until.ts";

const guard = guardProcesses();
const trees = createTrees({ clock: createClock() });
const { start } = serviceStarter(trees, guard);
const HOLDS = "(head -c 40M /dev/zero; exec sleep 600) | tail";

test("a glance counts descendants that no pass has seen, and agrees with a pass", async () => {
  const { tree } = await start(["sh", "-c", HOLDS]);
  await until(() => residentBytes(tree) > 40 * 1024 ** 2);
  const byPass = async () => (await trees.usage([tree])).get(tree)?.rssBytes;
  await until(async () => residentBytes(tree) === (await byPass()), { what: "the same sum by a pass" });
});

test("a glance finds what left its parent once a pass has seen it, and nothing of a pid that is another's", async () => {
  const { tree } = await start(["sh", "-c", "setsid sleep 600 & sleep 600"]);
  const names = async () => (await trees.members(tree)).map(({ pid }) => readStat(pid)?.comm).sort();
  // Not before they are what they will be: a shell that is about to become sleep(1) holds less.
  await until(async () => (await names()).join() === "sh,sleep,sleep");
  const whole = residentBytes(tree);
  process.kill(tree.main.pid, "SIGKILL");
  await until(() => residentBytes(tree) < whole);
  expect(residentBytes(tree)).toBeGreaterThan(0);
  const stranger = { ...tree, main: { pid: process.pid, start: 1 }, remembered: new Map() };
  expect(residentBytes(stranger)).toBe(0);
});
