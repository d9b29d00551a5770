import { describe, expect, it } from "vitest";
import { changeText, counts, troubleText } from "../../src/core/watching.ts";

const watch = { name: "web", paths: ["/app/src", "/app/config.json"] };
const logs = ["/app/src/out/web.txt"];
const does = (path: string): boolean => counts(watch, logs, path);

describe("a change", () => {
  it.each(["/app/src/a.ts", "/app/src/deep/er/b", "/app/config.json", "/app/src", "/app/src/catalog/a.ts"])("of %s counts", (path) => {
    expect(does(path)).toBe(true);
  });

  it.each([
    "/app/srcs/a.ts",
    "/app/other",
    "/app/src/node_modules/x/index.js",
    "/app/src/.git/HEAD",
    "/app/src/debug.log",
    "/app/src/debug.log.1",
    "/app/src/debug.log.gz",
    "/app/src/.a.ts.swp",
    "/app/src/a.ts~",
    "/app/src/4913",
    "/app/src/.#a.ts",
    "/app/src/out/web.txt",
    "/app/src/out/web-20261124T125241.138Z.txt",
  ])("of %s does not", (path) => {
    expect(does(path)).toBe(false);
  });

  it("within a folder that is watched by name counts, whatever the folder is called", () => {
    expect(counts({ name: "web", paths: ["/app/node_modules/mine"] }, [], "/app/node_modules/mine/a.js")).toBe(true);
    expect(counts({ name: "web", paths: ["/"] }, [], "/a")).toBe(true);
  });
});

it("is told with the first file and the number of others", () => {
  expect(changeText("src/a.ts", 0)).toBe("src/a.ts changed");
  expect(changeText("src/a.ts", 199)).toBe("src/a.ts and 199 more changed");
});

it("the kernel's limits come with their cure", () => {
  expect(troubleText("ENOSPC", "x")).toContain("sysctl fs.inotify.max_user_watches=");
  expect(troubleText("EMFILE", "x")).toContain("fs.inotify.max_user_instances");
  expect(troubleText("EIO", "it burns")).toBe("the watcher has trouble: it burns");
});
