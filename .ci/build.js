// Compiles src/ to dist/, then bundles the programs in place. Runs as npm's `prepare` too: in an install without development
// packages the tools are fetched for this one call, so that `npm ci --omit=dev` gives a working svc as well.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { dependencies, devDependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

// A program of a hundred small modules costs each process that runs it 8 MB on Node 24, and a client command 30 % of its
// time: what is run as a program is one file. What is imported (the library, the tests) stays as it was written.
const PROGRAMS = ["dist/cli/main.js", "dist/host/evaluate.js"];

process.exitCode = build();

function build() {
  if (!existsSync(`${root}src`)) return 0;
  const whole = existsSync(`${root}node_modules/typescript`) && existsSync(`${root}node_modules/rolldown`);
  // The types of Node are a development package too: without them nothing is checked, `npm test` is what checks.
  const unchecked = whole ? [] : ["--noCheck", "--types", ""];
  const steps = [() => run("typescript", "tsc", ["-p", "tsconfig.build.json", ...unchecked]), ...PROGRAMS.map((program) => () => bundle(program))];
  const failed = steps.find((step) => !step());
  if (!failed || whole) return failed ? 1 : 0;
  console.warn("svc-supervisor: not built, as its build tools could not be had; run `npm ci` to build it");
  return 0;
}

function bundle(program) {
  const packages = Object.keys(dependencies).flatMap((name) => ["--external", name]);
  const shape = ["--format", "esm", "--platform", "node", "--no-codeSplitting", "--logLevel", "silent"];
  if (!run("rolldown", "rolldown", [program, "--file", `${program}.bundle`, ...shape, ...packages])) return false;
  renameSync(`${root}${program}.bundle`, `${root}${program}`);
  return true;
}

function run(name, command, args) {
  const local = `${root}node_modules/.bin/${command}`;
  const [file, words] = existsSync(local) ? [local, args] : ["npm", ["exec", "--yes", `--package=${name}@${devDependencies[name]}`, "--", command, ...args]];
  return spawnSync(file, words, { cwd: root, stdio: "inherit" }).status === 0;
}
