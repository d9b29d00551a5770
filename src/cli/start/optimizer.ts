import { setFlagsFromString } from "node:v8";

/**
 * Code that runs once is not worth optimizing: on Node 20 the compiler's own pages would cost svc 4 MB for as long as it
 * lives. Returns what ends the pause; from then on V8 optimizes what is hot.
 */
export function pauseOptimizer(): () => void {
  setFlagsFromString("--no-opt");
  return () => setFlagsFromString("--opt");
}
