// One way to start each tool with the same services. Each gets its best reasonable settings: concurrently with `exec`, so that
// its shell does not stay beside each service, pm2 in the foreground (pm2-runtime) without its look-ups of versions and git.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { endAll, launch, removeAtEnd, startedHere } from "./guard.js";
import { installPeers } from "./peers.js";
import { isService, listen } from "./services.js";
import { within } from "./stats.js";

const BIN = fileURLToPath(new URL("../../../bin/svc.js", import.meta.url));

/**
 * The tools by name, run by the node binary `node`. Each has `start(services, { restart, stdout, env })`, see `startFleet`; `env` holds
 * more variables, `config` more of the root of svc's config.
 * `restart` is "default": what the tool does about a crash unless told otherwise (concurrently: nothing); "on": the same, but
 * concurrently is told to restart, with its default delay (a signal does not stop it then); "at once": its fastest setting.
 */
export function createTools({ node, names }) {
  const folder = mkdtempSync(join(tmpdir(), "svc-bench-"));
  removeAtEnd(folder);
  const peers = installPeers();
  const env = { ...isolated(folder), PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
  const programs = {
    svc: { argv: (config) => [node, BIN, "start", "-c", config], configure: svcConfig },
    concurrently: { argv: (options) => [node, peers.concurrently, ...options], configure: concurrentlyOptions },
    pm2: { argv: (config) => [node, peers.pm2Runtime, "start", config, "--raw"], configure: pm2Config },
  };
  const tools = names.map((name) => ({
    name,
    start: (services, options) => startFleet({ name, folder, env }, programs[name], services, options),
  }));
  return { folder, env, tools, clients: { svc: [node, BIN], pm2: [node, peers.pm2] } };
}

/**
 * A tool at work: `launchedAt`, `starts` and `start(n)` and `gone` (see `listen`), `processes()` (the tool's own, helpers and
 * daemons included), `said()` (the end of its output), `stop()` (SIGTERM; resolves with the times when it was sent and when the
 * tool had ended), `end()` (ends whatever is left).
 */
let fleets = 0;
function startFleet(
  { name, folder, env: base },
  program,
  services,
  { restart = "default", stdout, env: variables = {}, config: more = {} } = {},
) {
  fleets += 1;
  const own = join(folder, `${name}-${fleets}`);
  mkdirSync(own, { mode: 0o700 });
  // The same place each time, as a user's config has: caches are as warm as they are in daily life.
  const config = join(folder, `${name}-config`);
  mkdirSync(config, { recursive: true });
  const argv = program.argv(program.configure(config, services, restart, more));
  const heard = listen(own);
  const env = { ...base, ...variables, ...heard.env, SVC_BENCH_FLEET: own, PM2_HOME: join(own, "pm2") };
  const launchedAt = performance.now();
  const tool = launch(argv, { cwd: config, env, stdout });
  const entry = `SVC_BENCH_FLEET=${own}`;
  const said = () => `${name} said: ${tool.tail()}`;
  const early = tool.ended.then(() => Promise.reject(new Error(`${name} has ended by itself; ${said()}`)));
  early.catch(() => {});
  const start = (n) => within(60_000, `start ${n} under ${name}`, Promise.race([heard.start(n), early]), said);
  const stop = async () => {
    const signalledAt = performance.now();
    tool.child.kill("SIGTERM");
    const { at } = await within(30_000, `the end of ${name}`, tool.ended, said);
    return { signalledAt, endedAt: at };
  };
  const end = () => {
    endAll(entry);
    heard.close();
  };
  const processes = () => startedHere(entry).filter((pid) => !isService(pid));
  return { name, launchedAt, config, env, starts: heard.starts, start, gone: heard.gone, processes, said, stop, end };
}

/** Nothing is read from or written to the user's own folders. */
function isolated(folder) {
  const places = { XDG_RUNTIME_DIR: "run", XDG_STATE_HOME: "state", XDG_CACHE_HOME: "cache", HOME: "home" };
  for (const place of Object.values(places)) mkdirSync(join(folder, place), { mode: 0o700 });
  const entries = Object.entries(places).map(([variable, place]) => [variable, join(folder, place)]);
  return { ...Object.fromEntries(entries), PM2_DISABLE_VERSION_CHECK: "true", NO_COLOR: "1" };
}

/** TypeScript, as in the README, though JSON would be quicker. */
function svcConfig(folder, services, restart, more) {
  const policy = restart === "at once" ? { backoff: { initial: 0 } } : {};
  const entries = services.map(({ name, argv }) => [name, { command: argv, ...policy }]);
  const path = join(folder, "services.ts");
  const object = JSON.stringify({ ...more, services: Object.fromEntries(entries) }, null, 2);
  writeFileSync(path, `import { defineConfig } from "svc-supervisor";\n\nexport default defineConfig(${object});\n`);
  return path;
}

function concurrentlyOptions(_folder, services, restart) {
  const names = ["--names", services.map(({ name }) => name).join(",")];
  const tries = restart === "default" ? [] : ["--restart-tries", "-1"];
  return [...tries, ...names, ...services.map(({ argv }) => `exec ${argv.join(" ")}`)];
}

function pm2Config(folder, services, restart) {
  const policy = restart === "at once" ? { min_uptime: 0, max_restarts: 1_000_000 } : {};
  const apps = services.map(({ name, argv: [script, ...args] }) => {
    return { name, script, args, interpreter: "none", exec_mode: "fork", vizion: false, ...policy };
  });
  const path = join(folder, "ecosystem.json");
  writeFileSync(path, JSON.stringify({ apps }));
  return path;
}
