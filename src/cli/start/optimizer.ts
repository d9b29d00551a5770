import { setFlagsFromString } from "node:v8";

/**
 * Code that runs once is not worth optimizing, and the garbage of a start not worth a larger heap: on Node 20 the compiler's
 * own pages would cost svc 4 MB for as long as it lives, and the larger nursery 1.5 MB. Returns what ends the pause; from then
 * on V8 optimizes and grows as it likes.
 */
export function pauseOptimizer(): () => void {
  setFlagsFromString("--no-opt");
  setFlagsFromString("--semi-space-growth-factor=1");
  return () => {
    setFlagsFromString("--opt");
    setFlagsFromString("--semi-space-growth-factor=2");
  };
}
