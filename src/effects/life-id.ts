/** Unique on this machine, and no secret: whoever can read a marker can signal its process anyway. node:crypto would cost 2 MB. */
export function lifeId(): string {
  const chance = Math.floor(Math.random() * 2 ** 32);
  return [process.pid, Date.now(), chance].map((number) => number.toString(36)).join("");
}
