// Compiles src/ to dist/ and bundles the programs. Runs as npm's `prepare` too: in an install without development packages
// the tools are fetched for this one call, so that `npm ci --omit=dev` gives a working svc as well.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { devDependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

process.exitCode = await build();

async function build() {
  if (!existsSync(`${root}src`)) return 0;
  const whole = existsSync(`${root}node_modules/typescript`) && existsSync(`${root}node_modules/rolldown`);
  // The types of Node are a development package too: without them nothing is checked, `npm test` is what checks.
  const unchecked = whole ? [] : ["--noCheck", "--types", ""];
  const done =
    run("typescript", "tsc", ["-p", "tsconfig.build.json", ...unchecked]) && run("rolldown", "rolldown", ["-c", ".ci/bundle.js"]);
  if (done) {
    writeFileSync(`${root}dist/bundle/package.json`, JSON.stringify({ type: "commonjs" }));
    const { configSchema } = await import(`${root}dist/core/config/json-schema.js`);
    writeFileSync(`${root}dist/services.schema.json`, `${JSON.stringify(configSchema(), null, 2)}\n`);
  }
  if (done || whole) return done ? 0 : 1;
  console.warn("svc-supervisor: not built, as its build tools could not be had; run `npm ci` to build it");
  return 0;
}

function run(name, command, args) {
  const local = `${root}node_modules/.bin/${command}`;
  const [file, words] = existsSync(local)
    ? [local, args]
    : ["npm", ["exec", "--yes", `--package=${name}@${devDependencies[name]}`, "--", command, ...args]];
  const { status, stdout } = spawnSync(file, words, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  // tsc complains on stdout, which is npm's in `npm pack --json`.
  if (status !== 0) process.stderr.write(stdout ?? "");
  return status === 0;
}
