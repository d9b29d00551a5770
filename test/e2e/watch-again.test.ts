import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "../helpers/svc.ts";
import { changeUntil } from "../helpers/until.ts";

test("a watched folder or file that was removed is watched again when it is back", async ({ stage }) => {
  /** There as a whole from its first moment on. */
  const put = (file: string): void => renameSync(stage.write("made", "x"), join(stage.path, file));
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
  await changeUntil(
    () => put("src/second"),
    () => count("src/second") > 0,
  );
  await changeUntil(
    () => put("src/third"),
    () => count("src/third") > 0,
  );
  rmSync(join(stage.path, "one.txt"));
  await svc.says(/web: one\.txt changed, restarting/);
  const before = count("one.txt");
  await changeUntil(
    () => put("one.txt"),
    () => count("one.txt") > before,
  );
});

test("a watched file that is removed and made again at once is watched on", async ({ stage }) => {
  const count = (): number => svc.stderr().split("web: one.txt changed, restarting").length - 1;
  stage.write("one.txt", "1");
  const svc = stage.start({ services: { web: { command: ["sleep", "600"], watch: ["one.txt"] } } });
  await svc.says(/watching for changes/);
  rmSync(join(stage.path, "one.txt"));
  stage.write("one.txt", "2");
  await svc.says(/web: one\.txt changed, restarting/);
  const before = count();
  await changeUntil(
    () => stage.write("one.txt", `${performance.now()}`),
    () => count() > before,
  );
});
