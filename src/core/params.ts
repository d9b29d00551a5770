import type { MethodName, Methods } from "./methods.ts";

type Kind = "text" | "texts" | "flag" | "number";

interface Rule {
  readonly kind: Kind;
  readonly required: boolean;
}

const text: Rule = { kind: "text", required: true };
/** May be left out on the wire, and is then empty: all of them, as on the command line. */
const names: Rule = { kind: "texts", required: false };
const number: Rule = { kind: "number", required: true };
const optionalText: Rule = { kind: "text", required: false };
const optionalNumber: Rule = { kind: "number", required: false };
const flag: Rule = { kind: "flag", required: false };

/** Every key of a method's params must have its rule here, and no other: the compiler compares both. */
type RulesOf<M extends MethodName> = { readonly [K in keyof Methods[M]["params"] & string]-?: Rule };

const RULES: { readonly [M in MethodName]: string extends keyof Methods[M]["params"] ? Readonly<Record<string, never>> : RulesOf<M> } = {
  hello: {},
  list: { graph: flag },
  status: { name: text },
  start: { names, all: flag, now: flag },
  stop: { names, timeoutMs: optionalNumber, now: flag },
  restart: { names },
  logs: { names, follow: flag, lines: optionalNumber, since: optionalText, until: optionalText, stream: optionalText, files: flag },
  events: { follow: flag },
  env: { name: text },
  signal: { name: text, signal: text, group: flag },
  health: {},
  wait: { name: text, for: text, timeoutMs: optionalNumber },
  reload: { plan: flag },
  scale: { name: text, count: number },
};

/** A Map, because a method may be called `constructor` by whoever writes to the socket. */
const RULES_BY_METHOD: ReadonlyMap<string, ReadonlyMap<string, Rule>> = new Map(
  Object.entries(RULES).map(([method, rules]) => [method, new Map(Object.entries<Rule>(rules))]),
);

export type CheckedParams = { readonly params: Readonly<Record<string, unknown>> } | { readonly problem: string };

/** A request's params as its handler gets them, or what is wrong with them in a sentence. */
export function checkParams(method: string, params: Readonly<Record<string, unknown>>): CheckedParams {
  const rules = RULES_BY_METHOD.get(method);
  if (!rules) return { params };
  const stranger = Object.keys(params).find((key) => !rules.has(key));
  if (stranger !== undefined) return { problem: `${method} takes no ${JSON.stringify(stranger)}${takes([...rules.keys()])}` };
  for (const [key, rule] of rules) {
    const value = Object.hasOwn(params, key) ? params[key] : undefined;
    if (value === undefined && !rule.required) continue;
    if (!fits(rule.kind, value)) return { problem: `${method}: ${key} must be ${EXPECTED[rule.kind]}` };
  }
  return { params: rules.has("names") ? { names: [], ...params } : params };
}

const EXPECTED: Readonly<Record<Kind, string>> = {
  text: "a string",
  texts: "an array of strings",
  flag: "true or false",
  number: "a number, zero or more",
};

function fits(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case "text":
      return typeof value === "string";
    case "texts":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    case "flag":
      return typeof value === "boolean";
    case "number":
      return typeof value === "number" && Number.isFinite(value) && value >= 0;
  }
}

function takes(keys: readonly string[]): string {
  return keys.length === 0 ? "" : `; it takes ${keys.join(", ")}`;
}
