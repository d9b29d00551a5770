import type { Library } from "./library.ts";

export interface PosixSpawnRequest {
  /** Absolute. */
  readonly file: string;
  readonly argv: readonly string[];
  /** `NAME=value` */
  readonly env: readonly string[];
  readonly cwd: string;
  /** Which of this process's descriptors the child gets on which of its own, in this order; on 0 it has /dev/null if none is given. */
  readonly descriptors: readonly (readonly [from: number, to: number])[];
  /** Whether it leads a session, and so a group, of its own; else it shares those of this process. */
  readonly session: boolean;
}

/** The pid of the child, or the error that kept it from starting. */
export type PosixSpawned = { readonly pid: number } | { readonly errno: number };

export type PosixSpawn = (request: PosixSpawnRequest) => PosixSpawned;

/** spawn.h, the same in glibc and musl. */
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;

/** More than the opaque structures take on any 64-bit Linux: 336 bytes and 80. */
const ATTRIBUTES_BYTES = 512;
const ACTIONS_BYTES = 256;
const SIGSET_BYTES = 128;
const O_RDONLY = 0;

/** posix_spawn(3). Throws where the C library has not all of it (addchdir_np: glibc 2.29, musl 1.1.24). */
export function createPosixSpawn(library: Library): PosixSpawn {
  const posixSpawn = library.declare("posix_spawn", ["void *", "str", "void *", "void *", "str *", "str *"]);
  const actions = createActions(library);
  const apart = createAttributes(library, POSIX_SPAWN_SETSID);
  const shared = createAttributes(library, 0);
  const pid = Buffer.alloc(4);
  return ({ file, argv, env, cwd, descriptors, session }) => {
    const failure = actions.prepare(cwd, descriptors);
    try {
      const errno = failure || posixSpawn(pid, file, actions.pointer, session ? apart : shared, [...argv, null], [...env, null]);
      return errno === 0 ? { pid: pid.readInt32LE(0) } : { errno };
    } finally {
      actions.release();
    }
  };
}

/**
 * Signals as a program expects them: Node ignores SIGPIPE, which a child would inherit. The structure
 * holds no pointers, so it serves all spawns and is never destroyed.
 */
function createAttributes({ declare }: Library, flags: number): Buffer {
  const attributes = Buffer.alloc(ATTRIBUTES_BYTES);
  declare("posix_spawnattr_init", ["void *"])(attributes);
  declare("posix_spawnattr_setflags", ["void *", "short"])(attributes, flags | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  declare("posix_spawnattr_setsigdefault", ["void *", "void *"])(attributes, Buffer.alloc(SIGSET_BYTES, 0xff));
  declare("posix_spawnattr_setsigmask", ["void *", "void *"])(attributes, Buffer.alloc(SIGSET_BYTES, 0));
  return attributes;
}

interface Actions {
  readonly pointer: Buffer;
  /** Returns 0, or the error. In any case `release` must follow. */
  prepare(cwd: string, descriptors: PosixSpawnRequest["descriptors"]): number;
  release(): void;
}

function createActions({ declare }: Library): Actions {
  const name = (what: string): string => `posix_spawn_file_actions_${what}`;
  const init = declare(name("init"), ["void *"]);
  const addOpen = declare(name("addopen"), ["void *", "int", "str", "int", "uint"]);
  const addDup = declare(name("adddup2"), ["void *", "int", "int"]);
  const addFolder = declare(name("addchdir_np"), ["void *", "str"]);
  const destroy = declare(name("destroy"), ["void *"]);
  const pointer = Buffer.alloc(ACTIONS_BYTES);
  return {
    pointer,
    prepare(cwd, descriptors) {
      init(pointer);
      const given = descriptors.some(([, to]) => to === 0);
      let error = given ? 0 : addOpen(pointer, 0, "/dev/null", O_RDONLY, 0);
      for (const [from, to] of descriptors) error ||= addDup(pointer, from, to);
      return error || addFolder(pointer, cwd);
    },
    release: () => void destroy(pointer),
  };
}
