import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  allRuntimeFolders,
  claimCacheFolder,
  claimRuntimeFolder,
  claimStateFolder,
  existingRuntimeFolders,
  fitsSocketPath,
  folderName,
  type Surroundings,
} from "../../../src/effects/ownership/places.ts";
import { isTrustedParent, readPrivateFile, writePrivateFile } from "../../../src/effects/ownership/private-files.ts";

const CONFIG = "/home/ann/shop/services.ts";
const uid = process.getuid?.() ?? -1;
const isRoot = uid === 0;
let root: string;
let runtime: string;
let tmp: string;

/** Everything below a folder of the test's own; /tmp/svc-UID stays the last resort, so no test may get that far. */
function around(env: Readonly<Record<string, string>> = {}): Surroundings {
  return { env: { XDG_RUNTIME_DIR: runtime, TMPDIR: tmp, ...env }, uid };
}

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "svc-places-")));
  runtime = join(root, "run");
  tmp = join(root, "tmp");
  mkdirSync(runtime, { mode: 0o700 });
  mkdirSync(tmp, { mode: 0o700 });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a runtime folder", () => {
  it("lies in XDG_RUNTIME_DIR, and it and its parent have mode 0700 whatever the umask", () => {
    const before = process.umask(0);
    const folder = claimRuntimeFolder(CONFIG, around());
    process.umask(before);
    expect(folder).toBe(join(runtime, "svc", folderName(CONFIG)));
    for (const path of [join(runtime, "svc"), folder!]) expect(lstatSync(path).mode & 0o777).toBe(0o700);
  });

  it("is the same for the same config, and found by those who look", () => {
    expect(existingRuntimeFolders(CONFIG, around())).toEqual([]);
    const folder = claimRuntimeFolder(CONFIG, around());
    expect(claimRuntimeFolder(CONFIG, around())).toBe(folder);
    expect(existingRuntimeFolders(CONFIG, around())).toEqual([folder]);
    expect(allRuntimeFolders(around())).toContain(folder);
  });

  it("is found by those who see another place first", () => {
    const elsewhere = claimRuntimeFolder(CONFIG, around());
    const other = join(root, "other");
    mkdirSync(other, { mode: 0o700 });
    expect(existingRuntimeFolders(CONFIG, around({ XDG_RUNTIME_DIR: other, TMPDIR: runtime }))).toEqual([]);
    const own = claimRuntimeFolder(CONFIG, around({ XDG_RUNTIME_DIR: other }));
    expect(own).not.toBe(elsewhere);
    expect(existingRuntimeFolders(CONFIG, around())).toEqual([elsewhere]);
  });
});

describe("a place is skipped", () => {
  const skips: readonly (readonly [string, () => Readonly<Record<string, string>>])[] = [
    ["whose folder is a link", () => plant(() => symlinkSync(makeFolder("target"), join(runtime, "svc")))],
    ["whose folder is a file", () => plant(() => writeFileSync(join(runtime, "svc"), ""))],
    ["whose folder others can read", () => plant(() => chmodSync(makeFolder("run/svc"), 0o755))],
    ["that others can write to", () => plant(() => chmodSync(runtime, 0o777))],
    ["that does not exist", () => ({ XDG_RUNTIME_DIR: join(root, "none") })],
    ["that is a relative path", () => ({ XDG_RUNTIME_DIR: "run" })],
    ["that is empty", () => ({ XDG_RUNTIME_DIR: "" })],
    ["whose socket path would be too long", () => ({ XDG_RUNTIME_DIR: makeFolder("x".repeat(80)) })],
    ["where the config's folder is a link", () => plant(plantLinkForConfig)],
  ];

  function plant(act: () => void): Readonly<Record<string, string>> {
    act();
    return {};
  }

  function makeFolder(name: string): string {
    const path = join(root, name);
    mkdirSync(path, { mode: 0o700 });
    return path;
  }

  function plantLinkForConfig(): void {
    mkdirSync(join(runtime, "svc"), { mode: 0o700 });
    symlinkSync(makeFolder("target"), join(runtime, "svc", folderName(CONFIG)));
  }

  it.each(skips)("%s", (_, prepare) => {
    const env = prepare();
    const folder = claimRuntimeFolder(CONFIG, around(env));
    expect(folder).not.toBeNull();
    expect(folder!.startsWith(join(env.XDG_RUNTIME_DIR || runtime, "svc"))).toBe(false);
    expect(existingRuntimeFolders(CONFIG, around(env))).toContain(folder);
    // The other places are the machine's own for root, and the test's for anybody else.
    if (!folder!.startsWith(root)) rmSync(folder!, { recursive: true });
  });

  it.runIf(isRoot)("that belongs to somebody else", () => {
    expect(isTrustedParent(runtime, uid + 1000)).toBe(true);
    expect(isTrustedParent(runtime, uid)).toBe(true);
    chownToSomebody(runtime);
    expect(isTrustedParent(runtime, uid)).toBe(false);
    expect(isTrustedParent(runtime, 12_345)).toBe(true);
  });

  it.runIf(isRoot)("whose folder belongs to somebody else", () => {
    mkdirSync(join(runtime, "svc"), { mode: 0o700 });
    chownToSomebody(join(runtime, "svc"));
    expect(existingRuntimeFolders(CONFIG, around())).toEqual([]);
    const folder = claimRuntimeFolder(CONFIG, around());
    expect(folder?.startsWith(runtime)).toBe(false);
    if (folder && !folder.startsWith(root)) rmSync(folder, { recursive: true });
  });
});

describe("a folder's name", () => {
  it("holds the config's folder in safe characters, bounded", () => {
    expect(folderName("/home/ann/my shop ü/services.ts")).toMatch(/^my_shop_-[0-9a-f]{16}$/);
    expect(folderName("/services.ts")).toMatch(/^root-[0-9a-f]{16}$/);
    expect(folderName(`/${"x".repeat(200)}/services.ts`).length).toBeLessThanOrEqual(41);
  });

  it("differs between two configs of one folder", () => {
    expect(folderName("/shop/services.ts")).not.toBe(folderName("/shop/services.js"));
  });
});

describe("a socket path", () => {
  it.each([
    [107, true],
    [108, false],
  ])("of %i bytes fits: %s", (length, fits) => {
    expect(fitsSocketPath(`/${"x".repeat(length - 1)}`)).toBe(fits);
    expect(fitsSocketPath(`/${"x".repeat(length - 3)}ü`)).toBe(fits);
  });
});

describe("state and cache", () => {
  it("state lies in XDG_STATE_HOME, which may have to be made", () => {
    const parent = join(root, "var", "state");
    const folder = claimStateFolder(CONFIG, { env: { XDG_STATE_HOME: parent, HOME: root }, uid }, null);
    expect(folder).toBe(join(parent, "svc", folderName(CONFIG)));
    expect(lstatSync(folder!).mode & 0o777).toBe(0o700);
  });

  it("state lies in ~/.local/state where XDG_STATE_HOME is not set", () => {
    expect(claimStateFolder(CONFIG, { env: { HOME: root }, uid }, null)).toBe(join(root, ".local/state/svc", folderName(CONFIG)));
  });

  it.runIf(!isRoot)("state lies in the runtime folder where no lasting place is usable", () => {
    expect(claimStateFolder(CONFIG, { env: {}, uid }, "/run/x")).toBe("/run/x");
  });

  it("the cache lies in XDG_CACHE_HOME or ~/.cache, else there is none", () => {
    expect(claimCacheFolder({ env: { XDG_CACHE_HOME: join(root, "c"), HOME: root }, uid })).toBe(join(root, "c", "svc"));
    expect(claimCacheFolder({ env: { HOME: root }, uid })).toBe(join(root, ".cache", "svc"));
    expect(claimCacheFolder({ env: {}, uid })).toBeNull();
    expect(claimCacheFolder({ env: { XDG_CACHE_HOME: "cache" }, uid })).toBeNull();
  });

  it.runIf(isRoot)("root makes nothing in the home of somebody else", () => {
    chownToSomebody(root);
    expect(claimCacheFolder({ env: { HOME: root }, uid })).toBeNull();
    expect(lstatSync(join(root, ".cache"), { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe("a private file", () => {
  it("has mode 0600, and is replaced as a whole", () => {
    const path = join(root, "owner.json");
    writePrivateFile(path, "one");
    writePrivateFile(path, "two");
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(readPrivateFile(path, uid)).toBe("two");
  });

  it("a link in its place is replaced and not followed", () => {
    const target = join(root, "target");
    writeFileSync(target, "mine");
    symlinkSync(target, join(root, "owner.json"));
    expect(readPrivateFile(join(root, "owner.json"), uid)).toBeNull();
    writePrivateFile(join(root, "owner.json"), "new");
    expect(readPrivateFile(target, uid)).toBe("mine");
    expect(lstatSync(join(root, "owner.json")).isFile()).toBe(true);
  });

  it("is not read where it is a folder, too long, or missing", () => {
    expect(readPrivateFile(root, uid)).toBeNull();
    expect(readPrivateFile(join(root, "none"), uid)).toBeNull();
    writeFileSync(join(root, "long"), "x".repeat(2 * 1024 * 1024));
    expect(readPrivateFile(join(root, "long"), uid)).toBeNull();
  });
});

function chownToSomebody(path: string): void {
  chownSync(path, 12_345, 12_345);
}
