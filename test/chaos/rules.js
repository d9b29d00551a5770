// What must hold, whatever happens: the transitions that the state table allows, as they show from outside; one process of an
// instance at most; rows that tell what is.
import { readFileSync } from "node:fs";
import { environment, isAlive } from "../bench/lib/proc.js";

/** Written by test/core/machine/transitions.test.ts from the state × event table. */
const ALLOWED = JSON.parse(readFileSync(new URL("transitions.json", import.meta.url), "utf8"));
const HAVE_PROCESS = ["starting", "running", "unhealthy"];
const HAVE_NONE = ["stopped", "waiting", "backoff", "completed", "failed", "skipped"];

/** Follows the events of one life of svc; `complain` is told of each violation. */
export function createRules(complain) {
  const states = new Map();
  const pids = new Map();
  return {
    event({ service, instance, from, to, pid }) {
      const key = `${service}.${instance}`;
      const before = states.get(key);
      states.set(key, to);
      // An instance that was scaled away and comes back is a new one, which begins as stopped.
      if (before !== undefined && before !== from && from !== "stopped") complain(`${key} was ${before}, and came from ${from} to ${to}`);
      const earlier = pids.get(key);
      if (pid !== null) pids.set(key, pid);
      if (pid !== null && earlier !== undefined && earlier !== pid && isAlive(earlier))
        complain(`${key} has two processes: ${earlier}, ${pid}`);
      if (from !== to && !ALLOWED[from]?.includes(to)) complain(`${key} went from ${from} to ${to}`);
    },
    rows(rows) {
      for (const { name, service, state, pid } of rows) {
        if (HAVE_PROCESS.includes(state) && pid === null) complain(`${name} is ${state}, and has no pid`);
        if (HAVE_NONE.includes(state) && pid !== null) complain(`${name} is ${state}, and has pid ${pid}`);
        if (pid !== null && isStranger(pid, service)) complain(`pid ${pid} is not ${name}`);
      }
    },
  };
}

/** A process in the midst of its exit shows no environment any more. */
function isStranger(pid, service) {
  const variables = environment(pid).filter(Boolean);
  return isAlive(pid) && variables.length > 0 && !variables.includes(`SVC_SERVICE=${service}`);
}
