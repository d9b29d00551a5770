import type { Argument, Command, Option } from "./command.ts";

const name: Argument = { name: "name", required: true, variadic: false, completes: "names" };
const json: Option = { name: "json", summary: "as JSON" };

/** What one uses day by day around the services. */
export const TOOL_COMMANDS: readonly Command[] = [
  {
    name: "attach",
    summary: "watch a running supervisor as in the foreground; Ctrl-C leaves it, and it goes on",
    args: [],
    options: [{ name: "lines", short: "n", value: "LINES", summary: "so many of the last lines first; default: 10" }],
    examples: ["svc attach"],
    load: () => import("./commands/attach.ts"),
  },
  {
    name: "top",
    summary: "watch and drive all services on the whole screen; ? shows the keys",
    args: [],
    options: [],
    examples: ["svc top"],
    load: () => import("./commands/top.ts"),
  },
  {
    name: "env",
    summary: "show the variables of a service, and where each is from; the values are masked",
    args: [name],
    options: [{ name: "show", summary: "with their values, read from the running process" }, json],
    examples: ["svc env web", "svc env web --show"],
    load: () => import("./commands/env.ts"),
  },
  {
    name: "doctor",
    summary: "say what this machine lacks for svc, and the cure; exit 1 where something is missing",
    args: [],
    options: [json],
    examples: ["svc doctor"],
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "init",
    summary: "write a services.ts with comments; an existing config is never overwritten",
    args: [],
    options: [{ name: "from", value: "FILE", completes: "files", summary: "take over a Procfile, or the scripts of a package.json" }],
    examples: ["svc init", "svc init --from Procfile", "svc init --from package.json"],
    load: () => import("./commands/init.ts"),
  },
  {
    name: "completion",
    summary: 'print the completion script of a shell: eval "$(svc completion bash)"',
    args: [{ name: "shell", required: false, variadic: false, completes: ["bash", "zsh", "fish"] }],
    options: [{ name: "names", hidden: true, summary: "the live service names, for the scripts" }],
    examples: ["svc completion bash", "svc completion fish"],
    load: () => import("./commands/completion.ts"),
  },
];
