import type { CommandShape } from "./command.ts";

/** The commands that read a config themselves. */

export const START: CommandShape = {
  name: "start",
  summary: "start the supervisor, or services of the one that runs",
  args: [{ name: "name", required: false, variadic: true }],
  options: [
    { name: "detach", short: "d", summary: "in the background; returns when all are up" },
    { name: "all", summary: "of a running supervisor: every service that is stopped, failed or skipped" },
    { name: "now", summary: "run a scheduled service now" },
    { name: "exit-code-from", value: "NAME", summary: "stop everything at the first end of NAME, and exit with its code" },
    { name: "log-format", value: "FORMAT", summary: "pretty, plain or json; default: pretty on a terminal, else plain" },
    { name: "timestamps", summary: "a time before each line" },
    { name: "no-watch", summary: "do not restart services on changes of files" },
    { name: "watch-config", summary: "reload when the config changes" },
  ],
  examples: ["svc start", "svc start web db", "svc start -d"],
};

export const CHECK: CommandShape = {
  name: "check",
  summary: "validate the config, and start nothing",
  args: [],
  options: [{ name: "print", summary: "print the config with every default filled in; environment values are masked" }],
  examples: ["svc check", "svc check --print"],
};
