/**
 * A digest of 64 bits by which an edit, or the place of a config, is recognised: FNV-1a of 32 bits beside the same with another
 * multiplier and its bits mixed. It need not resist anybody; node:crypto would cost 3 to 5 ms, and svc itself 2 MB.
 */
export function digest(text: string): string {
  let one = 0x811c9dc5;
  let other = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 0x01000193);
    other = Math.imul(other ^ code, 0x85ebca6b);
    other ^= other >>> 13;
  }
  return hex(one) + hex(other);
}

function hex(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, "0");
}
