import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import { applyingConfig } from "../config/find.ts";
import { type Owner, readOwner } from "../ownership/owner.ts";
import { allRuntimeFolders, existingRuntimeFolders, type Surroundings } from "../ownership/places.ts";
import { type Client, connect } from "./client.ts";

export interface Wanted {
  readonly cwd: string;
  /** `-c`. */
  readonly file: string | undefined;
  /** `--socket`. */
  readonly socket: string | undefined;
}

type Listening = Owner & { readonly socket: string };

/**
 * Connects to the supervisor that is meant: by --socket, SVC_SOCKET, the config that applies here, and where none applies,
 * the only one that is alive. Never evaluates a config. A `SvcError` with exit code 3 where there is none, 2 where there
 * are several. A folder with a config of its own never reaches another's supervisor: `svc stop` would stop the wrong one.
 */
export async function discover(wanted: Wanted, around: Surroundings): Promise<Client> {
  const socket = wanted.socket ?? (around.env.SVC_SOCKET || undefined);
  if (socket !== undefined) return (await connect(socket)) ?? nobody(`on ${escapeControls(socket)}`);
  const config = applyingConfig({ ...wanted, env: around.env });
  if (config === null) return await theOnlyOne(around);
  const owners = ownersOf(existingRuntimeFolders(config, around), around).filter((owner) => owner.config === config);
  // Whether it lives is seen by connecting: cheaper than to look for its process, and right in any pid namespace.
  const client = await connectFirst(owners);
  if (client !== null) return client;
  const others = await alive(around);
  refuseSilent(others.find((owner) => owner.config === config));
  return nobody(`for ${escapeControls(config)}`, undefined, others);
}

async function theOnlyOne(around: Surroundings): Promise<Client> {
  const owners = await alive(around);
  if (owners.length > 1) {
    throw new SvcError(`cannot tell which supervisor is meant: ${owners.length} are running\n${lines(owners)}`, EXIT.usage, {
      hint: "name its config with -c, or its socket with --socket",
    });
  }
  const client = await connectFirst(owners);
  if (client !== null) return client;
  refuseSilent(owners[0]);
  return nobody("", "there is no config in this folder: go where yours is, or name it with -c; svc init writes one");
}

/** It lives, and nobody listens at its socket. */
function refuseSilent(owner: Listening | undefined): void {
  if (owner === undefined) return;
  const { config, pid, socket } = owner;
  const message = `the supervisor of ${escapeControls(config)} (pid ${pid}) does not listen on ${escapeControls(socket)}`;
  const hint = `it may still be reading its config: try again in a moment; if somebody removed the socket, \`kill ${pid}\` stops it and its services`;
  throw new SvcError(message, EXIT.noSupervisor, { hint });
}

async function alive(around: Surroundings): Promise<Listening[]> {
  const owners = ownersOf(allRuntimeFolders(around), around);
  if (owners.length === 0) return [];
  const { standing } = await import("../ownership/standing.ts");
  const living = await Promise.all(
    owners.map((owner) => {
      const known = standing(owner);
      return known === "elsewhere" ? answers(owner) : known === "alive";
    }),
  );
  return owners.filter((_, index) => living[index]);
}

/** Of one in another pid namespace, a container that has gone for instance, only the socket can tell. */
async function answers({ socket }: Listening): Promise<boolean> {
  const client = await connect(socket).catch(() => null);
  client?.close();
  return client !== null;
}

/** Those that said where they listen; they may be dead. */
function ownersOf(folders: readonly string[], { uid }: Surroundings): Listening[] {
  return folders.map((folder) => readOwner(folder, uid)).filter((owner): owner is Listening => owner !== null && owner.socket !== null);
}

async function connectFirst(owners: readonly Listening[]): Promise<Client | null> {
  for (const { socket } of owners) {
    const client = await connect(socket);
    if (client) return client;
  }
  return null;
}

function nobody(where: string, cure = "svc start starts one", others: readonly Owner[] = []): never {
  const message = ["no supervisor is running", where].filter(Boolean).join(" ");
  const hint = others.length === 0 ? cure : `${cure}; running are\n${lines(others)}`;
  throw new SvcError(message, EXIT.noSupervisor, { hint });
}

function lines(owners: readonly Owner[]): string {
  return owners.map(({ config, pid }) => `  ${escapeControls(config)} (pid ${pid})`).join("\n");
}
