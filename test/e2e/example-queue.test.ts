import { copyFileSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Place, type Running, usePlaces } from "../helpers/fleet.ts";
import { jobsIn, type Provider, type Request, startProvider } from "../helpers/mail-server.ts";
import { freePort } from "../helpers/ports.ts";
import { signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

/** The example's own queue worker, with a provider of mail that decides how long a job takes and how it ends. */

const { place } = usePlaces();

const EXAMPLE = new URL("../../services.example.ts", import.meta.url).pathname;
const [OK, REFUSED] = [200, 422];
const NEVER = new Promise<never>(() => {});

const providers: Provider[] = [];
afterEach(() => {
  for (const provider of providers.splice(0)) provider.close();
});

interface Post {
  readonly at: Place;
  readonly svc: Running;
  readonly provider: Provider;
  push(...ids: readonly string[]): void;
  jobs(folder: "new" | "sent" | "dead"): string[];
  kill(worker: number): Promise<void>;
}

async function open(answer: (request: Request, post: Post) => Promise<number>): Promise<Post> {
  const at = place();
  const queue = join(at.path, ".svc/shop");
  copyFileSync(EXAMPLE, join(at.path, "services.example.ts"));
  const provider = await startProvider(queue, (request) => answer(request, post));
  providers.push(provider);
  const svc = at.spawn(["start", "-c", "services.example.ts", "email"], {
    env: { SHOP_PORT: String(await freePort()), MAIL_URL: provider.url },
  });
  const post: Post = {
    at,
    svc,
    provider,
    push: (...ids) => {
      // As the shop does: nobody sees half a job.
      for (const id of ids) renameSync(at.write(`.svc/shop/${id}`, { to: "a@b.c", text: id }), join(queue, `new/${id}.0`));
    },
    jobs: (folder) => jobsIn(queue, folder),
    kill: async (worker) => {
      const { pid } = await at.row(`email.${worker}`);
      if (pid !== null) signal(pid, "SIGKILL");
    },
  };
  for (const worker of [1, 2]) await svc.says(new RegExp(`^email.${worker} +\\| ready to send$`, "m"));
  return post;
}

test("T12 a worker with nothing to do costs under 2 % of a core, and a job that comes later is taken within 1.1 s", async () => {
  const { at, provider, push, jobs } = await open(async () => OK);
  const { pid } = await at.row("email.1");
  const costs: number[] = [];
  // A busy machine may hold up one of them.
  for (let round = 1; round <= 3 && !costs.some((percent) => percent < 2); round++) costs.push(await percentOfCore(pid!, 5_000));
  expect(Math.min(...costs)).toBeLessThan(2);

  const waits: number[] = [];
  while (waits.length < 10 && !waits.some((ms) => ms < 1_100)) {
    const id = `job-${waits.length}`;
    const before = performance.now();
    push(id);
    await until(() => provider.requests.some((request) => request.id === id));
    waits.push(performance.now() - before);
    await until(() => jobs("sent").includes(id));
  }
  expect(Math.min(...waits)).toBeLessThan(1_100);
});

test("T13 one bad job of three: two complete, one fails, and the workers run on", async () => {
  const { at, svc, push, jobs } = await open(async ({ id }) => (id === "b" ? REFUSED : OK));
  const before = await Promise.all([at.row("email.1"), at.row("email.2")]);
  push("a", "b", "c");
  await until(() => jobs("sent").length === 2 && jobs("dead").length === 1, { what: "two mails and a dead letter" });
  expect([jobs("sent"), jobs("dead"), jobs("new")]).toEqual([["a", "c"], ["b"], []]);
  await svc.says(/^email\.[12] +\| sent job=a$/m);
  await svc.says(/^email\.[12] +\| not sent, a dead letter job=b tries=3 error="the mail server answered 422"$/m);
  const after = await Promise.all([at.row("email.1"), at.row("email.2")]);
  expect(after).toMatchObject(before.map(({ pid }) => ({ pid, state: "running", restarts: 0 })));
});

test("T14 a job that always fails is tried three times and is a dead letter then; to be killed with it in hand counts as a try", async () => {
  const { provider, push, jobs } = await open(async ({ id, tries, worker }, post) => {
    if (id === "deadly" || (id === "mixed" && tries === 2)) return post.kill(worker).then(() => NEVER);
    return REFUSED;
  });
  push("deadly", "mixed", "refused");
  await until(() => jobs("dead").length === 3, { what: "three dead letters" });
  for (const id of ["deadly", "mixed", "refused"]) {
    expect(provider.requests.filter((request) => request.id === id).map(({ tries }) => tries)).toEqual([1, 2, 3]);
  }
  expect([jobs("sent"), jobs("new")]).toEqual([[], []]);
});

test("T16 a stop in the midst of a job waits for its end, and leaves none half done", async () => {
  let finish = (): void => {};
  const inHand = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const { at, provider, push, jobs } = await open(() => inHand.then(() => OK));
  push("a", "b");
  await until(() => provider.requests.length === 2);
  push("c");
  const stopped = at.svc("-c", "services.example.ts", "stop", "--timeout", "2m", "email");
  for (const worker of ["email.1", "email.2"]) await at.has(worker, "stopping");
  finish();
  expect(await stopped).toMatchObject({ code: 0 });
  for (const worker of ["email.1", "email.2"]) expect((await at.row(worker)).lastExit).toMatchObject({ kind: "exited", code: 0 });
  expect(jobs("sent")).toEqual(expect.arrayContaining(["a", "b"]));
  // Whether one of the two hears of the stop before it has looked for the next job, nobody knows.
  expect([...jobs("sent"), ...jobs("new")]).toEqual(["a", "b", "c"]);
  expect(provider.requests.every(({ places }) => places.length === 1)).toBe(true);
});

test("T13 T14 T16 SIGKILL in the midst of jobs: none is lost, and none is done again once it was acknowledged", async () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  const acknowledged = new Set<string>();
  const { provider, push, jobs } = await open(async ({ id, tries, worker }, post) => {
    for (const done of post.jobs("sent")) acknowledged.add(done);
    expect(acknowledged).not.toContain(id);
    // Killed with the job in hand; killed when it was sent and acknowledged; not killed.
    if (id <= "c" && tries === 1) return post.kill(worker).then(() => NEVER);
    if (id === "d") void until(() => post.jobs("sent").includes(id)).then(() => post.kill(worker));
    return OK;
  });
  push(...ids);
  await until(() => jobs("sent").length === ids.length, { what: "six mails" });
  expect([jobs("sent"), jobs("new"), jobs("dead")]).toEqual([ids, [], []]);
  // Where a job was in hand, it was in one hand.
  expect(provider.requests.map(({ places }) => places.length)).toEqual(provider.requests.map(() => 1));
  const count = (id: string) => provider.requests.filter((request) => request.id === id).length;
  expect(["a", "b", "c"].every((id) => count(id) > 1)).toBe(true);
  expect(count("d")).toBe(1);
});

async function percentOfCore(pid: number, ms: number): Promise<number> {
  const before = ticksOf(pid);
  await new Promise((resolve) => setTimeout(resolve, ms));
  // 100 clock ticks are a second, whatever the kernel's own are (times(2), USER_HZ).
  return ((ticksOf(pid) - before) * 10 * 100) / ms;
}

function ticksOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const [user, system] = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return Number(user) + Number(system);
}
