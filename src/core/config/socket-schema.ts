import * as v from "valibot";
import type { SocketSpec } from "../spec.ts";
import { type Field, field, fields, isRecord, jsonSchemaOf, shaped, unexpected } from "./fields.ts";
import * as leaf from "./leaves.ts";

const port = leaf.integer(1, 65_535, "a port");

/** Without a port or a scheme: what getaddrinfo(3) takes. */
const host: Field<string> = field(
  (input) => (typeof input === "string" && /^[^\s/[\]\0]+$/.test(input) && !/^[^:]+:\d+$/.test(input) ? input : undefined),
  (input) => unexpected(input, 'an address or a name, without a port, such as "127.0.0.1", "::1" or "localhost"'),
);

const whole: Field<SocketSpec> = v.pipe(
  fields({ port, host: v.optional(host) }),
  v.transform((input) => ({ host: input.host ?? null, port: input.port })),
);

const portAlone: Field<SocketSpec> = field((input) => {
  const parsed = v.safeParse(port, input);
  return parsed.success ? { host: null, port: parsed.output } : undefined;
}, 'a port (1 to 65535), or an object such as { port: 3000, host: "127.0.0.1" }');

/** A number is the port, on all addresses. */
export const socket: Field<SocketSpec> = shaped(
  v.lazy((input) => (isRecord(input) ? whole : portAlone)),
  () => ({ anyOf: [jsonSchemaOf(port), jsonSchemaOf(whole)] }),
);
