import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

test("a watched folder or file that was removed is watched again when it is back", async ({ stage }) => {
  /** There as a whole from its first moment on. */
  const put = (file: string): void => renameSync(stage.write("made", "x"), join(stage.path, file));
  /** Until it is seen: in the moment in which a watch begins, what changes belongs to what was there before. */
  const putUntil = async (file: string, seen: () => boolean): Promise<void> => {
    let last = Number.NEGATIVE_INFINITY;
    await until(() => {
      if (seen()) return true;
      // Longer than a pause without changes that svc waits for.
      if (performance.now() - last > 3_000) {
        last = performance.now();
        put(file);
      }
      return false;
    });
  };
  const count = (file: string): number => svc.stderr().split(`web: ${file} changed, restarting`).length - 1;
  mkdirSync(join(stage.path, "src"));
  put("src/first");
  put("one.txt");
  const svc = stage.start({ services: { web: { command: ["sleep", "600"], watch: ["src", "one.txt"] } } });
  await svc.says(/watching for changes/);
  await stage.shows("web", "running");
  rmSync(join(stage.path, "src"), { recursive: true });
  await svc.says(/web: src\/first changed, restarting/);
  mkdirSync(join(stage.path, "src"));
  await putUntil("src/second", () => count("src/second") > 0);
  await putUntil("src/third", () => count("src/third") > 0);
  rmSync(join(stage.path, "one.txt"));
  await svc.says(/web: one\.txt changed, restarting/);
  const before = count("one.txt");
  await putUntil("one.txt", () => count("one.txt") > before);
});
