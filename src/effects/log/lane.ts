import { isUtf8 } from "node:buffer";
import { createLane, type Lane } from "../../core/log/lane.ts";
import { readInto } from "../spawn/pipe-reader.ts";

/** Smaller chunks are not worth the half megabyte of the fast lane: an idle svc never has one. */
export const LANE_BYTES = 16 * 1024;

let lane: Lane | null | undefined;

/** The one fast lane: who uses it has copied its result before the next one does. */
export function sharedLane(): Lane | null {
  if (lane === undefined) {
    lane = createLane({ isUtf8, writer });
    if (lane !== null) readInto(bufferOf(lane.input));
  }
  return lane;
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, length);
}

function writer(memory: ArrayBuffer): (text: string, at: number) => void {
  const bytes = Buffer.from(memory);
  return (text, at) => void bytes.write(text, at, "latin1");
}
