import { formatDuration } from "../../core/duration.ts";
import { isPassing } from "../../core/machine/ending.ts";
import type { ExecProbe, HttpProbe, TcpProbe } from "../../core/spec.ts";
import type { OpenTag } from "../tree/tag.ts";
import { isConnectedToItself } from "./self-connection.ts";
import { describeEnding, runShort } from "./short-command.ts";

export interface ProbeTry {
  /** For this one try, in milliseconds. */
  readonly timeoutMs: number;
  /** For `exec`: the service's own. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Ends the try at once. */
  readonly signal: AbortSignal;
  /** For `exec`: ends what a command that was cut short has started and that has left its group. */
  readonly endTree?: (leader: number) => Promise<unknown>;
  /** For `exec`: see `ShortCommand`. */
  readonly openTag?: OpenTag | undefined;
  readonly onStarted?: ((leader: number) => () => void) | undefined;
}

/** `unmade`: svc itself was short of something (descriptors, processes, memory), so that nothing was learnt of the service. */
export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly why: string; readonly unmade?: true };

const OK: ProbeResult = { ok: true };

/** One try of a check. Never rejects; `why` follows what was asked, as in "GET / answered 503". Nothing of the try is left when it resolves. */
export async function tryProbe(probe: HttpProbe | TcpProbe | ExecProbe, attempt: ProbeTry): Promise<ProbeResult> {
  if (attempt.signal.aborted) {
    return { ok: false, why: "was cancelled" };
  }
  if (probe.kind === "exec") {
    return tryExec(probe, attempt);
  }
  const timeout = AbortSignal.timeout(attempt.timeoutMs);
  const signal = AbortSignal.any([attempt.signal, timeout]);
  try {
    const why = await (probe.kind === "http" ? tryHttp(probe, signal) : tryTcp(probe, signal));
    return why === null ? OK : { ok: false, why };
  } catch (error) {
    if (attempt.signal.aborted) {
      return { ok: false, why: "was cancelled" };
    }
    if (timeout.aborted) return failed(`gave no answer in ${formatDuration(attempt.timeoutMs)}`);
    return failed(`failed: ${networkFailure(error)}`, (error as NodeJS.ErrnoException).code);
  }
}

async function tryExec(probe: ExecProbe, attempt: ProbeTry): Promise<ProbeResult> {
  const ending = await runShort({ command: probe.command, ...attempt });
  if (ending.kind === "exited" && ending.code === 0) return OK;
  return failed(describeEnding(ending), ending.kind === "cannot-start" ? ending.code : undefined);
}

function failed(why: string, code = ""): ProbeResult {
  return isPassing(code) ? { ok: false, why, unmade: true } : { ok: false, why };
}

/** A redirect is an answer like any other: its own status counts, and it is not followed. */
async function tryHttp(probe: HttpProbe, signal: AbortSignal): Promise<string | null> {
  // Loaded here because node:http costs the supervisor a quarter of its memory.
  const { request } = probe.url.startsWith("https:") ? await import("node:https") : await import("node:http");
  const headers = Object.fromEntries([["connection", "close"], ...probe.headers]);
  const status = await new Promise<number>((resolve, reject) => {
    // No agent: a connection that is kept would say nothing about whether the service still accepts any.
    const sent = request(probe.url, { headers, agent: false, signal }, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.on("error", reject).end();
  });
  const [from, to] = probe.status;
  return status >= from && status <= to ? null : `answered ${status}`;
}

async function tryTcp(probe: TcpProbe, signal: AbortSignal): Promise<string | null> {
  const { connect } = await import("node:net");
  const socket = connect({ host: probe.host, port: probe.port });
  const abort = (): void => {
    socket.destroy(signal.reason as Error);
  };
  signal.addEventListener("abort", abort, { once: true });
  try {
    await new Promise((resolve, reject) => {
      socket.on("error", reject).once("connect", resolve);
    });
    return isConnectedToItself(socket) ? "nobody listens there" : null;
  } finally {
    signal.removeEventListener("abort", abort);
    socket.destroy();
  }
}

/** A name with several addresses fails with one error for each, and an empty message. */
function networkFailure(error: unknown): string {
  const { errors, code, message } = error as AggregateError & NodeJS.ErrnoException;
  const first = errors?.[0] as Error | undefined;
  return first?.message ?? (message || code || "failed");
}
