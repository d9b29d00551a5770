import type { Invocation } from "../command.ts";
import { runUnderInit } from "../run/init.ts";
import { readOptions } from "../run/options.ts";

export const leavesOutput = true;

export async function run(invocation: Invocation): Promise<number> {
  return runUnderInit(readOptions(invocation));
}
