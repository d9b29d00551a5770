import { accessSync, constants, mkdirSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { digest } from "../../core/digest.ts";
import { ensurePrivateFolder, isPrivateFolder, isTrustedParent } from "./private-files.ts";

/** Where svc keeps what: the runtime folder (socket, lock), the state folder (logs, state file) and the cache. */

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
}

export const SOCKET_NAME = "control.sock";

/** sun_path holds 108 bytes with the NUL on Linux, 104 on macOS (unix(7)); a longer path would be cut without a word. */
export const MAX_SOCKET_PATH_BYTES = process.platform === "darwin" ? 103 : 107;

/** A folder that exists already and can be trusted, and the private folders that svc makes below it. */
interface Place {
  readonly base: string;
  readonly below: readonly string[];
}

export function surroundings(): Surroundings {
  return { env: process.env, uid: process.getuid?.() ?? -1 };
}

export function fitsSocketPath(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES;
}

/** `<folder>-<hash>`: to be recognised by a reader, and unique by the config's real path. */
export function folderName(config: string): string {
  const safe = basename(dirname(config))
    .replace(/[^A-Za-z0-9._-]+/g, "_")
    .slice(0, 24);
  return `${safe || "root"}-${digest(config)}`;
}

/**
 * Makes the runtime folder of a config (its real path) in one usable place after the other, the first one first: that it can be
 * made does not say that there is room for a file in it.
 */
export function* claimRuntimeFolders(config: string, { env, uid }: Surroundings): Generator<string> {
  for (const place of runtimePlaces(env, uid)) {
    const path = join(place.base, ...place.below, folderName(config));
    if (fitsSocketPath(join(path, SOCKET_NAME)) && claim({ base: place.base, below: [...place.below, folderName(config)] }, uid))
      yield path;
  }
}

/** The first of them. Null where none is usable: the supervisor then runs without a control socket. */
export function claimRuntimeFolder(config: string, around: Surroundings): string | null {
  return claimRuntimeFolders(config, around).next().value ?? null;
}

/** The runtime folders of a config that are there, in every place: two shells may see different places first. */
export function existingRuntimeFolders(config: string, { env, uid }: Surroundings): string[] {
  return runtimePlaces(env, uid)
    .map((place) => ({ base: place.base, below: [...place.below, folderName(config)] }))
    .filter((place) => isThere(place, uid))
    .map((place) => join(place.base, ...place.below));
}

/** The runtime folders of all configs, in every place. */
export function allRuntimeFolders({ env, uid }: Surroundings): string[] {
  return runtimePlaces(env, uid)
    .filter((place) => isThere(place, uid))
    .map((place) => join(place.base, ...place.below))
    .flatMap((parent) => entries(parent).map((name) => join(parent, name)))
    .filter((path) => isPrivateFolder(path, uid));
}

/** The state folder of a config; the runtime folder (which may be null) where no lasting place is usable. */
export function claimStateFolder(config: string, around: Surroundings, runtimeFolder: string | null): string | null {
  for (const parent of stateParents(around)) {
    const folder = claimBelow(parent, ["svc", folderName(config)], around.uid);
    if (folder) return folder;
  }
  return runtimeFolder;
}

function stateParents({ env, uid }: Surroundings): string[] {
  const parents = [env.XDG_STATE_HOME, env.HOME && join(env.HOME, ".local/state"), uid === 0 ? "/var/lib" : undefined];
  return parents.filter((parent): parent is string => Boolean(parent));
}

/** The state folders of a config that are there, the runtime folders that may have served as such included. */
export function existingStateFolders(config: string, around: Surroundings): string[] {
  const below = ["svc", folderName(config)];
  const lasting = stateParents(around)
    .filter((base) => isAbsolute(base) && isThere({ base, below }, around.uid))
    .map((base) => join(base, ...below));
  return [...new Set([...lasting, ...existingRuntimeFolders(config, around)])];
}

/** Null where nothing can be cached. */
export function claimCacheFolder({ env, uid }: Surroundings): string | null {
  for (const parent of [env.XDG_CACHE_HOME, env.HOME && join(env.HOME, ".cache")]) {
    const folder = parent ? claimBelow(parent, ["svc"], uid) : null;
    if (folder) return folder;
  }
  return null;
}

function runtimePlaces(env: Surroundings["env"], uid: number): Place[] {
  const own = `svc-${uid}`;
  const places: Place[] = [
    { base: env.XDG_RUNTIME_DIR ?? "", below: ["svc"] },
    { base: `/run/user/${uid}`, below: ["svc"] },
    { base: uid === 0 ? "/run" : "", below: ["svc"] },
    { base: env.TMPDIR ?? "", below: [own, "svc"] },
    { base: "/tmp", below: [own, "svc"] },
  ];
  const seen = new Set<string>();
  return places.filter((place) => {
    const path = join(place.base, ...place.below);
    return isAbsolute(place.base) && !seen.has(path) && seen.add(path);
  });
}

function claim({ base, below }: Place, uid: number): boolean {
  if (!isTrustedParent(base, uid)) return false;
  const made = below.every((_, depth) => ensurePrivateFolder(join(base, ...below.slice(0, depth + 1)), uid));
  return made && isWritable(join(base, ...below));
}

/** A folder of ours may still lie on a file system that is mounted read-only. */
function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isThere({ base, below }: Place, uid: number): boolean {
  if (!isTrustedParent(base, uid)) return false;
  return below.every((_, depth) => isPrivateFolder(join(base, ...below.slice(0, depth + 1)), uid));
}

/** `~/.local/state` and its like may be missing: the XDG base directory specification has them created with mode 0700. */
function claimBelow(parent: string, below: readonly string[], uid: number): string | null {
  if (!isAbsolute(parent)) return null;
  try {
    if (!isTrustedParent(nearestExisting(parent), uid)) return null;
    mkdirSync(parent, { recursive: true, mode: 0o700 });
  } catch {
    return null;
  }
  return claim({ base: parent, below }, uid) ? join(parent, ...below) : null;
}

function nearestExisting(path: string): string {
  if (path === dirname(path) || statSync(path, { throwIfNoEntry: false })) return path;
  return nearestExisting(dirname(path));
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
