import { EXIT, SvcError } from "../core/errors.ts";
import { escapeControls } from "../core/escape.ts";
import { findConfig } from "./config.ts";
import { type Client, connect } from "./control-client.ts";
import { type Owner, readOwner, standing } from "./owner.ts";
import { allRuntimeFolders, existingRuntimeFolders, type Surroundings } from "./places.ts";

export interface Wanted {
  readonly cwd: string;
  /** `-c`. */
  readonly file: string | undefined;
  /** `--socket`. */
  readonly socket: string | undefined;
}

/**
 * Connects to the supervisor that is meant: by --socket, SVC_SOCKET, the config that applies here, and where none applies,
 * the only one that is alive. Never evaluates a config. A `SvcError` with exit code 3 where there is none, 2 where there
 * are several. A folder with a config of its own never reaches another's supervisor: `svc stop` would stop the wrong one.
 */
export async function discover(wanted: Wanted, around: Surroundings): Promise<Client> {
  const socket = wanted.socket ?? (around.env.SVC_SOCKET || undefined);
  if (socket !== undefined) return (await connect(socket)) ?? nobody(`on ${escapeControls(socket)}`, null);
  const config = applyingConfig(wanted, around);
  if (config === null) return theOnlyOne(around);
  const owners = listening(existingRuntimeFolders(config, around), around).filter((owner) => owner.config === config);
  return (await connectFirst(owners)) ?? nobody(`for ${escapeControls(config)}`, hintAtOthers(around));
}

/** Null where no config applies here. One that is named and cannot be found is an error. */
function applyingConfig(wanted: Wanted, { env }: Surroundings): string | null {
  try {
    return findConfig({ cwd: wanted.cwd, env, ...(wanted.file === undefined ? {} : { file: wanted.file }) });
  } catch (error) {
    if (wanted.file !== undefined || env.SVC_CONFIG) throw error;
    return null;
  }
}

async function theOnlyOne(around: Surroundings): Promise<Client> {
  const owners = listening(allRuntimeFolders(around), around);
  if (owners.length > 1) {
    throw new SvcError(`cannot tell which supervisor is meant: ${owners.length} are running\n${lines(owners)}`, EXIT.usage, {
      hint: "name its config with -c, or its socket with --socket",
    });
  }
  return (await connectFirst(owners)) ?? nobody("", null);
}

/** Those that said where they listen, and of whom it is not known that they are dead. */
function listening(folders: readonly string[], { uid }: Surroundings): (Owner & { socket: string })[] {
  return folders
    .map((folder) => readOwner(folder, uid))
    .filter((owner): owner is Owner & { socket: string } => owner !== null && owner.socket !== null && standing(owner) !== "dead");
}

async function connectFirst(owners: readonly (Owner & { socket: string })[]): Promise<Client | null> {
  for (const owner of owners) {
    const client = await connect(owner.socket);
    if (client) return client;
  }
  return null;
}

function nobody(where: string, hint: string | null): never {
  const message = ["no supervisor is running", where].filter(Boolean).join(" ");
  throw new SvcError(message, EXIT.noSupervisor, { hint: hint ?? "svc start starts one" });
}

function hintAtOthers(around: Surroundings): string | null {
  const others = listening(allRuntimeFolders(around), around);
  return others.length === 0 ? null : `svc start starts one; running are\n${lines(others)}`;
}

function lines(owners: readonly Owner[]): string {
  return owners.map((owner) => `  ${escapeControls(owner.config)} (pid ${owner.pid})`).join("\n");
}
