import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type LifeRecord, readLife, removeLife, writeLife } from "../../../src/effects/leftovers/state-file.ts";
import { createStateWriter } from "../../../src/effects/leftovers/state-writer.ts";
import { createFakeClock } from "../../helpers/fake-clock.ts";

const root = mkdtempSync(join(tmpdir(), "svc-state-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const uid = process.getuid!();

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(root, "folder-"));
});

const life: LifeRecord = {
  boot: "b",
  pidNamespace: "pid:[1]",
  supervisor: { pid: 10, start: 1 },
  keeper: { pid: 11, start: 2 },
  marker: "SVC_TREE_k3x9",
  children: [{ name: "web.1", pid: 12, start: 3 }],
};
const file = (): string => join(folder, "state.json");

describe("the state file", () => {
  test("says what was written, to its owner only", () => {
    writeLife(folder, life);
    expect(readLife(folder, uid)).toEqual(life);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["state.json"]);
    removeLife(folder);
    expect(readLife(folder, uid)).toBeNull();
  });

  test("is no other user's, and no link", () => {
    writeLife(folder, life);
    expect(readLife(folder, uid + 1)).toBeNull();
    const elsewhere = mkdtempSync(join(root, "folder-"));
    symlinkSync(file(), join(elsewhere, "state.json"));
    expect(readLife(elsewhere, uid)).toBeNull();
    writeLife(elsewhere, { ...life, boot: "new" });
    expect(readLife(folder, uid)?.boot).toBe("b");
  });

  const broken: readonly (readonly [string, unknown])[] = [
    ["nothing", ""],
    ["half of it", JSON.stringify(life).slice(0, 40)],
    ["no object", "[]"],
    ["no boot", { ...life, boot: null }],
    ["a marker that everybody has", { ...life, marker: "PATH" }],
    ["a marker without a life", { ...life, marker: "SVC_TREE_" }],
    ["a supervisor without a start time", { ...life, supervisor: { pid: 10 } }],
    ["PID 1 as a child", { ...life, children: [{ name: "web", pid: 1, start: 3 }] }],
    ["every process as a child", { ...life, children: [{ name: "web", pid: -1, start: 3 }] }],
    ["a child without a name", { ...life, children: [{ pid: 12, start: 3 }] }],
  ];
  test.each(broken)("is not believed where it holds %s", (_, content) => {
    writeFileSync(file(), typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
    expect(readLife(folder, uid)).toBeNull();
  });
});

describe("writing it", () => {
  test("a thousand changes at once are one file, a tenth of a second later", () => {
    const clock = createFakeClock();
    let written = 0;
    const describeIt = (): LifeRecord => {
      written += 1;
      return life;
    };
    const writer = createStateWriter({ folders: [folder], clock, describe: describeIt, onFailure: (reason) => expect.fail(reason) });
    for (let change = 1; change <= 1000; change++) writer.changed();
    expect(written).toBe(0);
    clock.advance(100);
    expect(written).toBe(1);
    expect(readLife(folder, uid)).toEqual(life);
    clock.advance(10_000);
    expect(written).toBe(1);
  });

  test("what is removed is not written again by an earlier change", () => {
    const clock = createFakeClock();
    const writer = createStateWriter({ folders: [folder], clock, describe: () => life, onFailure: (reason) => expect.fail(reason) });
    writer.write();
    writer.changed();
    writer.remove();
    clock.advance(1000);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a failure is said once, and the next change tries again", () => {
    const clock = createFakeClock();
    const said: string[] = [];
    const gone = join(folder, "gone");
    const writer = createStateWriter({ folders: [gone], clock, describe: () => life, onFailure: (reason) => said.push(reason) });
    writer.write();
    writer.changed();
    clock.advance(100);
    expect(said).toEqual([expect.stringMatching(/^cannot write the state file: ENOENT/)]);
  });

  test("where the first folder cannot be written to, the next one serves, and nothing of it is left in either", () => {
    const clock = createFakeClock();
    const [first, gone] = [join(folder, "first"), join(folder, "gone")];
    mkdirSync(first);
    const onFailure = (reason: string): void => expect.fail(reason);
    const writer = createStateWriter({ folders: [first, folder], clock, describe: () => life, onFailure });
    writer.write();
    expect([readLife(first, uid), readLife(folder, uid)]).toEqual([life, null]);
    renameSync(first, gone);
    writer.changed();
    clock.advance(100);
    expect(readLife(folder, uid)).toEqual(life);
    renameSync(gone, first);
    writer.remove();
    expect([readdirSync(first), readdirSync(folder)]).toEqual([[], ["first"]]);
  });

  test("where processes cannot be told apart, or no folder is usable, nothing is written", () => {
    const clock = createFakeClock();
    const onFailure = (reason: string): void => expect.fail(reason);
    createStateWriter({ folders: [folder], clock, describe: () => null, onFailure }).write();
    const nowhere = createStateWriter({ folders: [], clock, describe: () => life, onFailure });
    nowhere.write();
    nowhere.changed();
    nowhere.remove();
    expect(readdirSync(folder)).toEqual([]);
    expect(clock.pending()).toEqual([]);
  });
});

test("the file holds no environment and no command line", () => {
  writeLife(folder, life);
  expect(Object.keys(JSON.parse(readFileSync(file(), "utf8"))).sort()).toEqual(
    ["boot", "children", "keeper", "marker", "pidNamespace", "supervisor"].sort(),
  );
});
