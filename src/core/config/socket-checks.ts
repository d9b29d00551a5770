import { answersAt, collide, LISTENING_FD, shownSocket } from "../listening.ts";
import type { HttpProbe, ServiceSpec, SocketSpec } from "../spec.ts";
import { type Draft, problemAt } from "./draft.ts";
import type { Path, Problem } from "./problem.ts";

/** What a service's `socket` demands of its other keys, and of the other services. */
export function checkSockets(drafts: readonly Draft[]): readonly Problem[] {
  return drafts.flatMap((draft, index) => {
    const { socket } = draft.input;
    if (socket === undefined) return [];
    return [...checkDescriptor(draft), ...checkProbes(draft, socket), ...checkOthers(draft, socket, drafts.slice(0, index))];
  });
}

function checkDescriptor(draft: Draft): readonly Problem[] {
  const probe = draft.input.ready?.probe;
  if (probe?.kind !== "fd" || probe.fd !== LISTENING_FD) return [];
  const text = `descriptor ${LISTENING_FD} is the socket (sd_listen_fds(3)); use ${LISTENING_FD + 1} or more`;
  return [{ path: [...draft.path, "ready", "fd"], text }];
}

/** svc listens before the service does, so the kernel accepts every connection. */
function checkProbes(draft: Draft, socket: SocketSpec): readonly Problem[] {
  const { ready, health } = draft.input;
  const blind = (probe: { readonly kind: string } | null | undefined, path: Path): readonly Problem[] => {
    if (probe?.kind !== "tcp") return [];
    const { host, port } = probe as { readonly kind: string; readonly host: string; readonly port: number };
    if (!answersAt(socket, host, port)) return [];
    const text = `${shownSocket(socket)} is the service's own socket, on which svc listens: it answers whatever the service does; use http, exec, message or fd`;
    return [{ path: [...draft.path, ...path], text }];
  };
  return [...blind(ready?.probe, ["ready", "tcp"]), ...blind(health?.probe, ["health", "tcp"])];
}

function checkOthers(draft: Draft, socket: SocketSpec, before: readonly Draft[]): readonly Problem[] {
  const taken = before.find(({ input }) => input.socket !== undefined && collide(input.socket, socket));
  if (taken === undefined) return [];
  return [problemAt(draft, "socket", `${shownSocket(socket)} is taken by the socket of "${taken.name}"; choose another port or host`)];
}

/** With one port for all instances, an answer to HTTP says nothing about the one that is being asked about. */
export function socketWarnings({ name, socket, instances, ready, health }: ServiceSpec): readonly string[] {
  if (socket === null || (instances ?? 1) < 2) return [];
  const shared = [
    ["ready", ready?.probe, "message or fd speak"],
    ["health", health?.probe, "exec or eventLoop can speak"],
  ] as const;
  return shared.flatMap(([key, probe, cure]) =>
    probe?.kind === "http" && asks(probe, socket)
      ? [`services.${name}.${key}.http asks ${shownSocket(socket)}, where any of the ${instances} instances may answer; ${cure} for one`]
      : [],
  );
}

function asks({ url }: HttpProbe, socket: SocketSpec): boolean {
  const { hostname, port, protocol } = new URL(url);
  const usual = protocol === "https:" ? 443 : 80;
  return answersAt(socket, hostname.replace(/^\[|\]$/g, ""), port === "" ? usual : Number(port));
}
