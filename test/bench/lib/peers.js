// The peers, at fixed versions, in a folder of the user's own in the temporary folder, kept from run to run.
import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, readFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

const VERSIONS = { concurrently: "9.2.5", pm2: "7.0.4" };

/** What a table names. */
export const PEERS = Object.entries(VERSIONS).map((entry) => entry.join(" "));

/** Installs what is missing; resolves to the peers' programs. */
export function installPeers() {
  const folder = join(tmpdir(), `svc-bench-peers-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  refuseOthersFolder(folder);
  const missing = Object.entries(VERSIONS).filter(([name, version]) => installedVersion(folder, name) !== version);
  if (missing.length > 0) install(folder, Object.entries(VERSIONS));
  return {
    concurrently: join(folder, "node_modules/concurrently/dist/bin/concurrently.js"),
    pm2: join(folder, "node_modules/pm2/bin/pm2"),
    pm2Runtime: join(folder, "node_modules/pm2/bin/pm2-runtime"),
  };
}

/** The name is guessable and the temporary folder is everybody's: run only what this user has put there. */
function refuseOthersFolder(folder) {
  const { uid, mode } = lstatSync(folder);
  const own = lstatSync(folder).isDirectory() && uid === userInfo().uid && (mode & 0o022) === 0;
  if (!own) throw new Error(`cannot use ${folder}: it is not a folder that only this user can write to; remove it`);
}

function installedVersion(folder, name) {
  try {
    return JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version;
  } catch {
    return null;
  }
}

function install(folder, versions) {
  const packages = versions.map(([name, version]) => `${name}@${version}`);
  console.error(`installing ${packages.join(" and ")} to ${folder}`);
  const { status } = spawnSync("npm", ["i", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", ...packages], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error("cannot install the peers: see npm's words above");
}
