import { spawn } from "node:child_process";
import type { Done, Place, Running } from "./fleet.ts";
import type { Guard } from "./guard.ts";
import { collect } from "./output.ts";

/** Runs a program of Node in the place's folder. */
export function startNode(at: Place, guard: Guard, args: readonly string[]): Running {
  const process_ = spawn(process.execPath, args, { cwd: at.path, env: guard.env });
  const [stdout, stderr] = [collect(process_.stdout), collect(process_.stderr)];
  const ended = new Promise<Done>((resolve, reject) => {
    process_.on("error", reject);
    process_.on("close", (code, signal) => resolve({ code, signal, stdout: stdout.text(), stderr: stderr.text() }));
  });
  return { pid: process_.pid!, process: process_, stdout: stdout.text, stderr: stderr.text, ended };
}
