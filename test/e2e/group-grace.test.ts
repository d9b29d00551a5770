import { expect, test } from "vitest";
import { sh, usePlaces } from "../helpers/fleet.ts";
import { processesInGroup } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

const { place } = usePlaces();
const other = { command: "sleep 600" };

/** A main process that ends at once when it is asked to, and a member of its group that needs a moment. */
const HASTY = `trap 'exit 0' TERM; (trap 'sleep 0.4; echo closed >> closed; exit 0' TERM; : > up; while :; do sleep 0.02; done) & wait`;
/** The same with a member that does not listen. */
const STUBBORN = `trap 'exit 0' TERM; (trap '' TERM; : > up; while :; do sleep 0.05; done) & wait`;

test("a member of the group that outlives its main process at a stop has what is left of the time to end by itself", async () => {
  const at = place();
  await at.start({ pair: { command: sh(HASTY), stop: { timeout: "1m" } }, other });
  await until(() => at.exists("up"));
  const { pid } = await at.has("pair", "running");
  expect(await at.svc("stop", "pair")).toMatchObject({ code: 0 });
  expect(at.lines("closed")).toEqual(["closed"]);
  expect(processesInGroup(pid!)).toEqual([]);
  expect((await at.row("pair")).lastExit).toMatchObject({ reason: "exited 0" });
});

test("and no longer than that: then it is killed, and only then the service is stopped", async () => {
  const at = place();
  await at.start({ pair: { command: sh(STUBBORN), stop: { timeout: "500ms" } }, other });
  await until(() => at.exists("up"));
  const { pid } = await at.has("pair", "running");
  const asked = Date.now();
  expect(await at.svc("stop", "pair")).toMatchObject({ code: 0 });
  expect(Date.now() - asked).toBeGreaterThanOrEqual(500);
  expect(processesInGroup(pid!)).toEqual([]);
});

test("a stop with SIGKILL during that time ends it at once", async () => {
  const at = place();
  await at.start({ pair: { command: sh(STUBBORN), stop: { timeout: "1h" } }, other });
  await until(() => at.exists("up"));
  const { pid } = await at.has("pair", "running");
  const polite = at.svc("stop", "pair");
  await at.has("pair", "stopping");
  expect(await at.svc("stop", "--now", "pair")).toMatchObject({ code: 0 });
  expect(processesInGroup(pid!)).toEqual([]);
  expect(await polite).toMatchObject({ code: 0 });
});
