import { randomBytes } from "node:crypto";
import type { Child } from "../../src/effects/child.ts";
import { spawnNode } from "../../src/effects/spawn/node.ts";
import { type Member, type Tree, type Trees, treeOf } from "../../src/effects/tree/tree.ts";
import type { Guard } from "./guard.ts";
import { lineFrom } from "./output.ts";
import { until } from "./until.ts";

export interface Service {
  readonly child: Child;
  readonly tree: Tree;
}

/** Starts programs of test/fixtures/processes as services, and looks at their trees. */
export function serviceStarter(trees: Trees, guard: Guard) {
  const cwd = new URL("../fixtures/processes/", import.meta.url).pathname;
  // Its own in each test file: files run side by side, and would find each other's processes.
  const variable = `SVC_TREE_${randomBytes(4).toString("hex")}`;
  const start = async (argv: readonly string[], instance = "web"): Promise<Service> => {
    const child = await spawnNode({ argv, cwd, env: { ...guard.env, [variable]: instance } });
    guard.track(child.pid);
    return { child, tree: treeOf(child, `${variable}=${instance}`) };
  };
  const ready = async (script: string, ...args: string[]): Promise<Service> => {
    const service = await start(["sh", script, ...args]);
    await lineFrom(service.child.stdout, "ready");
    return service;
  };
  const membersOf = async ({ tree }: Service): Promise<number[]> => pidsOf(await trees.members(tree));
  const count = (service: Service, wanted: number) => until(async () => (await membersOf(service)).length === wanted);
  /** `ready` resolves once the script has printed that it is. */
  return { start, ready, membersOf, count };
}

export function pidsOf(members: readonly Member[]): number[] {
  return members.map(({ pid }) => pid).sort((a, b) => a - b);
}
