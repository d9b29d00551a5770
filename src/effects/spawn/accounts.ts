import { readFileSync } from "node:fs";

/** Users and groups as passwd(5) and group(5) have them. */

export interface User {
  /** null for a number that stands in no passwd. */
  readonly name: string | null;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** What a process is to run as. */
export interface Identity {
  /** null: svc's own user; only the group changes. */
  readonly user: User | null;
  readonly gid: number;
  /** The supplementary groups, `gid` among them; null: svc's own. */
  readonly groups: readonly number[] | null;
}

export interface Account {
  readonly user: string | number | null;
  readonly group: string | number | null;
}

export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
}

/** Nobody is known by this name. `key` is `user` or `group`. */
export class AccountError extends Error {
  readonly key: keyof Account;

  constructor(key: keyof Account, value: string | number, file: string) {
    super(`there is no ${key} ${JSON.stringify(value)} in ${file}`);
    this.key = key;
  }
}

const FILES: AccountFiles = { passwd: "/etc/passwd", group: "/etc/group" };

/** null where neither is asked for. Throws an `AccountError`. The files are read anew each time: accounts come and go. */
export function findIdentity({ user, group }: Account, files = FILES): Identity | null {
  if (user === null && group === null) return null;
  const who = user === null ? null : findUser(user, files.passwd);
  const gid = group === null ? null : findGroup(group, files.group);
  if (who === null) return { user: null, gid: gid ?? 0, groups: null };
  const own = gid ?? who.gid;
  return { user: who, gid: own, groups: [...new Set([own, ...groupsOf(who, files.group)])] };
}

function findUser(wanted: string | number, file: string): User {
  const users = entries(file).map(([name = "", , uid, gid, , home]) => ({ name, uid: Number(uid), gid: Number(gid), home: home || "/" }));
  const id = numberIn(wanted);
  const found = users.find(({ name }) => name === wanted) ?? users.find(({ uid }) => uid === id);
  if (found !== undefined) return found;
  // Not group 0, which a container engine takes: nobody asked for the rights of root's group.
  if (id !== null) return { name: null, uid: id, gid: id, home: "/" };
  throw new AccountError("user", wanted, file);
}

function findGroup(wanted: string | number, file: string): number {
  const named = entries(file).find(([name]) => name === wanted);
  const gid = named === undefined ? numberIn(wanted) : Number(named[2]);
  if (gid === null) throw new AccountError("group", wanted, file);
  return gid;
}

function groupsOf({ name }: User, file: string): number[] {
  if (name === null) return [];
  return entries(file).flatMap(([, , gid, members = ""]) => (members.split(",").includes(name) ? [Number(gid)] : []));
}

function numberIn(wanted: string | number): number | null {
  return /^\d+$/.test(String(wanted)) ? Number(wanted) : null;
}

/** Empty where the file is missing, as in an image with nothing but a program. */
function entries(file: string): string[][] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return text.split("\n").flatMap((line) => (line.trim() === "" || line.startsWith("#") ? [] : [line.split(":")]));
}
