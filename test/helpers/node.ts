import { spawn } from "node:child_process";
import { follow, type Place, type Running } from "./fleet.ts";
import type { Guard } from "./guard.ts";

/** Runs a program of Node in the place's folder. */
export function startNode(at: Place, guard: Guard, args: readonly string[]): Running {
  return follow(spawn(process.execPath, args, { cwd: at.path, env: guard.env }));
}
