import { accessSync, constants, realpathSync } from "node:fs";
import { getPriority } from "node:os";
import { basename } from "node:path";
import { type Launch, type PreludePlan, withPrelude } from "../../core/prelude.ts";
import type { Command, ServiceSpec } from "../../core/spec.ts";
import { SpawnError } from "../child.ts";
import { type Account, AccountError, findIdentity, type Identity } from "./accounts.ts";
import { findProgram, missingInterpreter, type ProgramRequest } from "./program.ts";

export type Privileges = Pick<ServiceSpec, "user" | "group" | "umask" | "nice" | "limits" | "socket">;

/** The tools that run before a change of user are svc's: they are never looked up in a service's PATH. */
const TOOL_FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/run/current-system/sw/bin"];

/**
 * A main process with everything that is asked for it, in the cgroup with this folder. Throws a `SpawnError` for what can be
 * known before the start.
 */
export function privileged(spec: Privileges, request: ProgramRequest, cgroup: string | null): Launch {
  const file = findProgram(request);
  const interpreter = missingInterpreter(file);
  if (interpreter?.startsWith("/") === true && !isProgram(interpreter)) throw new SpawnError("ENOENT", interpreter);
  const limit = (name: string): number | null => spec.limits.find(([key]) => key === name)?.[1] ?? null;
  return withPrelude({
    argv: [file, ...request.argv.slice(1)],
    env: request.env,
    cgroup,
    files: limit("files"),
    core: limit("core"),
    umask: spec.umask,
    nice: spec.nice === null ? null : niceness(spec.nice),
    drop: dropTo(spec),
    listens: spec.socket !== null,
    told: true,
  });
}

/** A short command about a service (a check, its stop command), as the service's user. Throws a `SpawnError`. */
export function asUser(
  account: Account,
  command: Command,
  request: Omit<ProgramRequest, "argv">,
): { command: Command; env: Launch["env"] } {
  const nothing: Omit<PreludePlan, "argv" | "env" | "drop" | "told"> = {
    cgroup: null,
    files: null,
    core: null,
    umask: null,
    nice: null,
    listens: false,
  };
  const { argv, env } = withPrelude({ ...nothing, argv: command.argv, env: request.env, drop: dropTo(account), told: false });
  return { command: { ...command, argv }, env };
}

/** What a login as this user would set. Empty where svc's own user stays. Throws a `SpawnError`. */
export function loginVariables(account: Account): Readonly<Record<string, string | undefined>> {
  const user = identityOf(account)?.user ?? null;
  if (user === null) return {};
  const name = user.name ?? undefined;
  return { HOME: user.home, USER: name, LOGNAME: name };
}

function identityOf(account: Account): Identity | null {
  try {
    return findIdentity(account);
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    throw new SpawnError(error.key, `${account[error.key]}: ${error.message}`);
  }
}

/**
 * By number, as svc itself has looked the names up: then it depends on no tool's own look-up. setpriv of util-linux does all of
 * it; su-exec and gosu know no other supplementary groups than the user's own, and none beside a group that is named.
 */
function dropTo(account: Account): readonly string[] | null {
  const identity = identityOf(account);
  if (identity === null || isOwn(identity)) return null;
  const { user, gid, groups } = identity;
  const setpriv = findSetpriv();
  if (setpriv !== null) {
    const uid = user === null ? [] : ["--reuid", String(user.uid)];
    return [setpriv, ...uid, "--regid", String(gid), ...(groups === null ? ["--keep-groups"] : ["--groups", groups.join(",")]), "--"];
  }
  const other = findTool("su-exec") ?? findTool("gosu");
  if (other !== null && user?.name && gid === user.gid) return [other, user.name];
  const key = account.user === null ? "group" : "user";
  throw new SpawnError(key, `${account[key]}: no setpriv of util-linux is installed (on Alpine: apk add setpriv)`);
}

/** Without a right to change anything, there is nothing to change. */
function isOwn({ user, gid }: Identity): boolean {
  const [uid, ownGid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  return uid !== 0 && (user === null || user.uid === uid) && gid === ownGid;
}

/** That of busybox changes no user. */
function findSetpriv(): string | null {
  const setpriv = findTool("setpriv");
  return setpriv === null || basename(realpathSync(setpriv)) === "busybox" ? null : setpriv;
}

function niceness(wanted: number): NonNullable<PreludePlan["nice"]> {
  const tool = findTool("nice");
  if (tool === null) throw new SpawnError("nice", `${wanted}: no nice is installed`);
  return { tool, wanted, by: wanted - getPriority() };
}

function findTool(name: string): string | null {
  return TOOL_FOLDERS.map((folder) => `${folder}/${name}`).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
