import { isUtf8 } from "node:buffer";
import { createLane, type Lane } from "../../core/log/lane.ts";

/** Smaller chunks are not worth the half megabyte of the fast lane: an idle svc never has one. */
export const LANE_BYTES = 16 * 1024;

let lane: Lane | null | undefined;

/** The one fast lane: who uses it has copied its result before the next one does. */
export function sharedLane(): Lane | null {
  if (lane === undefined) lane = createLane(isUtf8);
  return lane;
}
