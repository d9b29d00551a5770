import type { Done, Place, Running, Variables } from "./fleet.ts";

/** What the services of these tests share: `note(text)` adds a line to the file `notes` in the config's folder. */
const HEAD = `
import { appendFileSync } from "node:fs";
const note = (text) => appendFileSync("notes", text + "\\n");
const forever = (ctx) => new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
`;

export interface Written {
  /** What stands above the config: classes and functions. */
  readonly head?: string;
  /** The object of services, as source. */
  readonly services: string;
  readonly env?: Variables;
  /** Default "services.mjs". */
  readonly file?: string;
}

/** Starts a supervisor on a config that is a program, and waits until it answers. */
export async function startProgram(at: Place, written: Written): Promise<Running> {
  const running = begin(at, written);
  const ended = running.ended.then((done) => Promise.reject(new Error(`svc start ended: ${JSON.stringify(done)}`)));
  await Promise.race([at.answers(), ended]);
  return running;
}

/** The same for services that end by themselves, to the supervisor's end: it may be over before anybody could ask it. */
export function runProgram(at: Place, written: Written): Promise<Done> {
  return begin(at, written).ended;
}

function begin(at: Place, { head = "", services, env = {}, file = "services.mjs" }: Written): Running {
  at.write(file, `${HEAD}${head}\nexport default { services: ${services} };\n`);
  return at.spawn(["start"], { env });
}
