/** sys/socket.h, the same on Linux and macOS. */
const AF_UNIX = 1;
/** Of sockaddr_un; unix(7). */
const LONGEST_PATH = 107;

/** The struct sockaddr_un of a path, or of an abstract name, for whose first NUL an `@` stands; null for what is neither. */
export function unixAddress(name: string): Buffer | null {
  if (!/^[/@]./.test(name) || Buffer.byteLength(name) > LONGEST_PATH) return null;
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, Buffer.from(name.replace(/^@/, "\0"))]);
}
