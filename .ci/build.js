// Runs as npm's `prepare`: compiles src/ to dist/. In an install without development packages the compiler is fetched for
// this one call, so that `npm ci --omit=dev` gives a working svc too; where it cannot be had, the install goes on.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
if (existsSync(`${root}src/index.ts`)) build();

function build() {
  const local = existsSync(`${root}node_modules/typescript/bin/tsc`);
  const run = (command, args) => spawnSync(command, args, { cwd: root, stdio: "inherit" }).status;
  if (local) {
    process.exitCode = run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]) ?? 1;
    return;
  }
  const { devDependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const compiler = `typescript@${devDependencies.typescript}`;
  // Types of Node are a development package too: emit without checking, `npm test` is what checks.
  const args = ["exec", "--yes", `--package=${compiler}`, "--", "tsc", "-p", "tsconfig.build.json", "--noCheck", "--types", ""];
  if (run("npm", args) !== 0) console.warn("svc-supervisor: not built (no TypeScript compiler); run `npm ci` to build it");
}
