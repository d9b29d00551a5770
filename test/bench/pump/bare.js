// The measure of the pump: copies the pipes of the config's commands to stdout, as they are.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const { services } = JSON.parse(readFileSync(process.argv[2], "utf8"));
process.stdout.setMaxListeners(0);
for (const { command } of Object.values(services)) {
  spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "inherit"] }).stdout.pipe(process.stdout, { end: false });
}
