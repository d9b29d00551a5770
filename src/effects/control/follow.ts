import type { Dropped } from "../../core/methods.ts";
import { RPC_LIMITS } from "../../core/protocol.ts";

/** A stream of notifications to one client, which never holds back what it follows. */
export interface Follow {
  /** Sends the record, or counts it where the client is too far behind. */
  send(params: unknown): void;
}

export interface FollowControl extends Follow {
  /** What came before the reply is sent now. */
  begin(): void;
  /** The client has read everything: says what it has missed. */
  drained(): void;
}

export interface Outlet {
  /** Bytes that the client has not taken yet. */
  behind(): number;
  write(line: Buffer): void;
}

/** A follower more than 1 MiB behind gets `{"dropped": n}` in place of the n records. */
export function createFollow(method: string, outlet: Outlet): FollowControl {
  let early: Buffer[] | null = [];
  let earlyBytes = 0;
  let dropped = 0;

  const encode = (params: unknown): Buffer => Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`);
  const tellDropped = (): void => {
    if (dropped === 0) return;
    const missed: Dropped = { dropped };
    dropped = 0;
    outlet.write(encode(missed));
  };
  const isBehind = (): boolean => outlet.behind() + earlyBytes > RPC_LIMITS.messageBytes;

  return {
    send: (params) => {
      if (isBehind()) {
        dropped += 1;
        return;
      }
      const line = encode(params);
      if (early) {
        early.push(line);
        earlyBytes += line.length;
        return;
      }
      tellDropped();
      outlet.write(line);
    },
    begin: () => {
      for (const line of early ?? []) outlet.write(line);
      early = null;
      earlyBytes = 0;
      if (outlet.behind() === 0) tellDropped();
    },
    drained: () => {
      if (!early) tellDropped();
    },
  };
}
