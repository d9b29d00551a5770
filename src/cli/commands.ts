import { SIGNAL_NAMES } from "../core/signals.ts";
import { WAIT_TARGETS } from "../core/wait-target.ts";
import type { Argument, Command, Option } from "./command.ts";
import { TOOL_COMMANDS } from "./tool-commands.ts";

/** Taken before and after the command. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  {
    name: "config",
    short: "c",
    value: "FILE",
    completes: "files",
    summary: "the config; default: SVC_CONFIG, else services.ts and its like in this folder",
  },
  { name: "socket", value: "PATH", completes: "files", summary: "the control socket; default: SVC_SOCKET, else found by the config" },
  { name: "no-color", summary: "no colours" },
  { name: "quiet", summary: "only results and errors" },
];

const names: Argument = { name: "name", required: false, variadic: true, completes: "names" };
const name: Argument = { name: "name", required: true, variadic: false, completes: "names" };
const json: Option = { name: "json", summary: "as JSON" };

const SERVICE_COMMANDS: readonly Command[] = [
  {
    name: "start",
    summary: "run the services of the config, or start services in the supervisor that runs already",
    args: [names],
    options: [
      { name: "detach", short: "d", summary: "in the background; returns when all are up, or at the first failure" },
      { name: "background", hidden: true, summary: "how -d calls svc again" },
      { name: "all", summary: "in the running supervisor: start every service that is stopped, failed or skipped" },
      { name: "now", summary: "in the running supervisor: run those that wait for their schedule at once" },
      {
        name: "exit-code-from",
        value: "NAME",
        completes: "names",
        summary: "stop everything at NAME's first ending, and exit with its code",
      },
      {
        name: "log-format",
        value: "FORMAT",
        completes: ["pretty", "plain", "json"],
        summary: "pretty, plain or json; default: pretty on a terminal, else plain",
      },
      { name: "timestamps", summary: "begin each line with its time" },
      { name: "no-watch", summary: "restart nothing when its files change" },
      { name: "watch-config", summary: "reload when the config changes" },
    ],
    examples: ["svc start", "svc start -d", "svc start web worker", "svc start -c services.example.ts --log-format json"],
    load: () => import("./commands/start.ts"),
  },
  {
    name: "stop",
    summary: "stop services; without names everything, and the supervisor too",
    args: [names],
    options: [
      { name: "timeout", value: "D", summary: "how long they have before SIGKILL (5s, 500ms); default: stop.timeout of each" },
      { name: "now", summary: "SIGKILL at once" },
    ],
    examples: ["svc stop worker", "svc stop --timeout 30s"],
    load: () => import("./commands/stop.ts"),
  },
  {
    name: "restart",
    summary: "stop, then start services; returns when they are up",
    args: [names],
    options: [],
    examples: ["svc restart web"],
    load: () => import("./commands/restart.ts"),
  },
  {
    name: "list",
    summary: "show all services and their states",
    args: [],
    options: [
      { name: "tree", summary: "as a tree: below each service what it depends on, and whether that is there" },
      { name: "watch", summary: "redraw it whenever something changes; with --json one array a line" },
      json,
    ],
    examples: ["svc list", "svc list --tree --watch", "svc list --json"],
    load: () => import("./commands/list.ts"),
  },
  {
    name: "status",
    summary: "show all that is known of one service",
    args: [name],
    options: [json],
    examples: ["svc status web"],
    load: () => import("./commands/status.ts"),
  },
  {
    name: "logs",
    summary: "show what services have written",
    args: [names],
    options: [
      { name: "follow", short: "f", summary: "go on with what they write from now on" },
      { name: "lines", short: "n", value: "LINES", summary: "at most so many of the newest lines; default: all that are kept" },
      { name: "since", value: "TIME", summary: "not older than: 10m, or an ISO 8601 time" },
      { name: "until", value: "TIME", summary: "older than: 10m, or an ISO 8601 time" },
      { name: "grep", value: "RE", summary: "only lines that match the regular expression" },
      { name: "stream", value: "STREAM", completes: ["stdout", "stderr", "svc"], summary: "only stdout, stderr, or svc (its own words)" },
      { name: "json", summary: "one JSON object a line" },
    ],
    examples: ["svc logs -f web", "svc logs --since 10m --grep error"],
    load: () => import("./commands/logs.ts"),
  },
  {
    name: "signal",
    summary: "send a signal to the main process of a service",
    args: [name, { name: "signal", required: true, variadic: false, completes: SIGNAL_NAMES.map((signal) => signal.slice(3)) }],
    options: [{ name: "group", summary: "to its whole process group" }],
    examples: ["svc signal web HUP"],
    load: () => import("./commands/signal.ts"),
  },
  {
    name: "scale",
    summary: "set the number of instances of a service",
    args: [{ name: "name=n", required: true, variadic: false }],
    options: [],
    examples: ["svc scale worker=4"],
    load: () => import("./commands/scale.ts"),
  },
  {
    name: "reload",
    summary: "read the config again, and change only what changed in it",
    args: [],
    options: [{ name: "plan", summary: "only say what would change" }],
    examples: ["svc reload --plan"],
    load: () => import("./commands/reload.ts"),
  },
  {
    name: "check",
    summary: "validate the config, and warn of what will not do what it seems to",
    args: [],
    options: [
      { name: "print", summary: "show the config as svc understands it, with every default; values of variables are masked" },
      json,
    ],
    examples: ["svc check", "svc check --print"],
    load: () => import("./commands/check.ts"),
  },
  {
    name: "run",
    summary: "run one command under a tiny init: signals are forwarded, orphans reaped, its exit code is svc's",
    args: [{ name: "command", required: true, variadic: true }],
    takesCommand: true,
    options: [
      { name: "group", short: "g", summary: "forward signals to the command's process group; this is the default" },
      { name: "main", summary: "forward signals to the command's main process only" },
      { name: "rewrite", value: "A:B", repeatable: true, summary: "forward signal A as B; 0 for B drops it; may be repeated" },
      { name: "success", short: "e", value: "CODE", repeatable: true, summary: "exit 0 in place of this exit code; may be repeated" },
    ],
    examples: ["svc run -- node server.js", "svc run --rewrite TERM:QUIT -e 143 -- nginx"],
    load: () => import("./commands/run.ts"),
  },
  {
    name: "health",
    summary: "exit 0 when every wanted service is up and none unhealthy, else 1",
    args: [],
    options: [],
    examples: ["svc health"],
    load: () => import("./commands/health.ts"),
  },
  {
    name: "wait",
    summary: "wait until a service has a state",
    args: [name],
    options: [
      { name: "for", value: "STATE", completes: WAIT_TARGETS, summary: `${WAIT_TARGETS.join(", ")}; default: running` },
      { name: "timeout", value: "D", summary: "give up after this time (30s); default: never" },
    ],
    examples: ["svc wait migrate --for completed --timeout 1m"],
    load: () => import("./commands/wait.ts"),
  },
  {
    name: "events",
    summary: "follow the changes of state",
    args: [],
    options: [{ name: "json", summary: "one JSON object a line" }],
    examples: ["svc events"],
    load: () => import("./commands/events.ts"),
  },
];

/** Everything that `svc` can be asked to do. `load` is called only for the command that runs. */
export const COMMANDS: readonly Command[] = [...SERVICE_COMMANDS, ...TOOL_COMMANDS];
