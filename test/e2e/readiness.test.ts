import { spawn, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixture, type Place, usePlaces } from "../helpers/fleet.ts";
import { lineFrom } from "../helpers/output.ts";
import { freePort } from "../helpers/ports.ts";
import { until } from "../helpers/until.ts";

/** Each way of saying "ready", by a real program that says so once the file `go` exists, and before that something like it. */

const guard = usePlaces();
const { place } = guard;

const sleeper = { command: "sleep 600" };
const isNative = process.env.SVC_NO_NATIVE !== "1";
const hasSystemd = isNative && spawnSync("systemd-notify", ["--version"]).status === 0;
const isRoot = process.getuid?.() === 0;

interface Kind {
  readonly command: readonly string[];
  readonly ready: Readonly<Record<string, unknown>>;
}

const kinds: Readonly<Record<string, (port: number) => Kind>> = {
  "http: a server in Node": (port) => ({
    command: ["node", fixture("ready/serves.cjs"), String(port)],
    ready: { http: `http://127.0.0.1:${port}/healthz` },
  }),
  "tcp: a listener in Perl": (port) => ({ command: ["perl", fixture("ready/listens.pl"), String(port)], ready: { tcp: port } }),
  "exec: a shell that leaves a file": () => ({ command: ["sh", fixture("ready/touches.sh")], ready: { exec: "test -e up" } }),
  "log: a shell that says it": () => ({ command: ["sh", fixture("ready/tells.sh")], ready: { log: "accepting connections" } }),
  "fd: a shell that writes to it": () => ({ command: ["sh", fixture("ready/writes.sh")], ready: { fd: 3 } }),
  "message: a program in Node that sends it": () => ({ command: ["node", fixture("ready/sends.cjs")], ready: { message: true } }),
  ...(isNative && {
    "notify: a program in Perl": () => ({ command: ["perl", fixture("ready/notifies.pl")], ready: { notify: true } }),
  }),
  ...(hasSystemd && { "notify: systemd-notify": () => ({ command: ["sh", fixture("ready/notifies.sh")], ready: { notify: true } }) }),
};

const POLLED = { interval: "20ms" };

describe.each(Object.entries(kinds))("%s", (_, kind) => {
  test("is ready when it says so, and not before; what depends on it starts then", async () => {
    const at = place();
    const { command, ready } = kind(await freePort());
    const svc = await at.start({ db: { command, ready: { ...ready, ...POLLED } }, web: { ...sleeper, dependsOn: { db: "ready" } } });
    await until(() => svc.stderr().includes("db  | waiting"));
    if (ready.notify) await until(async () => (await says(at, "db")) === "waiting");
    if (ready.http) await until(() => svc.stderr().split("refused").length > 3);
    expect(await at.row("db")).toMatchObject({ state: "starting", ready: false });
    expect(await at.row("web")).toMatchObject({ state: "waiting", startedAt: null });
    const went = Date.now();
    at.write("go", "");
    const web = await at.has("web", "running");
    expect(await at.row("db")).toMatchObject({ state: "running", ready: true, restarts: 0 });
    expect(Date.parse(web.startedAt!)).toBeGreaterThanOrEqual(went);
  });

  test("has failed when it never says so; what depends on it does not start", async () => {
    const at = place();
    const { command, ready } = kind(await freePort());
    const db = { command, ready: { ...ready, ...POLLED, timeout: "500ms" }, restart: "never" };
    await at.start({ db, web: { ...sleeper, dependsOn: { db: "ready" } }, other: sleeper });
    expect((await at.has("db", "failed")).lastExit).toMatchObject({ kind: "not-ready", reason: "not ready in 500 ms" });
    expect(await at.has("web", "skipped")).toMatchObject({ startedAt: null });
  });
});

describe.runIf(isNative)("notify", () => {
  const perl = { command: ["perl", fixture("ready/notifies.pl")], ready: { notify: true } };

  test("`svc status` shows what the process says of itself, also after it has become ready", async () => {
    const at = place();
    await at.start({ db: perl });
    await until(async () => (await says(at, "db")) === "waiting");
    expect((await at.svc("status", "db")).stdout).toMatch(/^ {2}says +waiting$/m);
    at.write("go", "");
    await at.has("db", "running");
    expect(await says(at, "db")).toBe("serving");
  });

  test("what is secret is masked in it", async () => {
    const at = place();
    const says = { command: ["perl", "-e", `${SOCKET} $socket->send("STATUS=with $ENV{TOKEN}\nREADY=1"); sleep 600;`] };
    await at.start({ db: { ...says, ready: { notify: true }, env: { TOKEN: "hunter2hunter2" }, secret: ["TOKEN"] } });
    await at.has("db", "running");
    const { stdout } = await at.svc("status", "db");
    expect(stdout).toMatch(/^ {2}says +with /m);
    expect(stdout).not.toContain("hunter2");
  });

  test("a process that is none of the service's own is not heard", async () => {
    const at = place();
    const script = 'select(undef, undef, undef, 0.02) until -e "go"; $socket->send("STATUS=after"); sleep 600;';
    const open = "use IO::Socket::UNIX; my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => shift) or die $!;";
    await at.start({ db: { command: ["sh", "-c", `exec perl -e '${open} ${script}' "$NOTIFY_SOCKET"`], ready: { notify: true } } });
    const address = (await until(() => socketOf(at, "db")))!;
    // It lives on, so that svc can see whose it is.
    const stranger = spawn("perl", ["-e", `${open} $socket->send("READY=1"); $| = 1; print "sent\\n"; sleep 600;`, address], {
      env: guard.env,
    });
    guard.track(stranger.pid!);
    await lineFrom(stranger.stdout, "sent");
    // Messages are heard in the order in which they were sent.
    at.write("go", "");
    await until(async () => (await says(at, "db")) === "after");
    expect(await at.row("db")).toMatchObject({ state: "starting", ready: false });
  });

  test("a service that is started again has a socket as before, and one that has ended none", async () => {
    const at = place();
    at.write("go", "");
    await at.start({ db: perl });
    await at.has("db", "running");
    expect((await at.svc("restart", "db")).code).toBe(0);
    expect(socketOf(at, "db")).not.toBeNull();
    await at.svc("stop", "db");
    expect(socketOf(at, "db")).toBeNull();
  });

  test.runIf(isRoot)("a service of another user is heard, though svc's own folders are closed to it", async () => {
    const at = place();
    // The folder of the config is root's.
    const work = { cwd: "/", command: ["perl", "-e", `${SOCKET} $socket->send("READY=1"); sleep 600;`], user: "nobody" };
    await at.start({ db: { ...work, ready: { notify: true } } });
    await at.has("db", "running");
  });

  test("without svc's native part the start fails, and says why", async () => {
    const at = place();
    at.write("services.json", { services: { db: perl } });
    const { code, stderr } = await at.spawn(["start"], { env: { SVC_NO_NATIVE: "1" } }).ended;
    expect(code).toBe(1);
    expect(stderr).toContain("db failed: cannot start: ready.notify needs svc's native part, which is not there: SVC_NO_NATIVE is set");
  });
});

const SOCKET = `use IO::Socket::UNIX; (my $address = $ENV{NOTIFY_SOCKET}) =~ s/^@/\\0/;
  my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $address) or die $!;`;

async function says(at: Place, name: string): Promise<string | null> {
  return (await at.ask("status", { name })).detail[0]!.says;
}

function socketOf(at: Place, name: string): string | null {
  const root = join(at.runtime, "svc");
  const folder = readdirSync(root).find((one) => readdirSync(join(root, one)).includes(`notify-${name}`));
  return folder === undefined ? null : join(root, folder, `notify-${name}`);
}
