// The log hub alone, fed by the commands of a config: what `svc start` does with their output, without the supervisor.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createClock } from "../../../dist/effects/clock.js";
import { openLogs } from "../../../dist/effects/log/open-logs.js";

const { services } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const wish = { format: process.argv[3] ?? null, timestamps: false, noColor: false, env: process.env };
const { hub } = openLogs(createClock(), wish);
for (const [name, { command }] of Object.entries(services)) {
  const log = hub.open({ name, service: name, instance: 1 });
  const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  const attached = log.attach({ pid: child.pid, stdout: child.stdout, stderr: child.stderr });
  child.once("exit", () => attached.finish());
}
