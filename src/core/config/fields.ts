import * as v from "valibot";
import { didYouMean, knownHere } from "../suggest.ts";
import type { Path, Problem } from "./problem.ts";
import { describe, show } from "./show.ts";

/** The parts of which the config's schema is made. Every issue's message is a whole sentence about the value at its place. */

export type Field<T> = v.GenericSchema<unknown, T>;
export type Entries = Readonly<Record<string, v.GenericSchema<unknown, unknown>>>;
export type Parsed<E extends Entries> = { readonly [K in keyof E]?: Exclude<v.InferOutput<E[K]>, undefined> };
export type Complete<E extends Entries> = Pick<Parsed<E>, OptionalKeys<E>> & {
  readonly [K in Exclude<keyof E, OptionalKeys<E>>]: v.InferOutput<E[K]>;
};
type OptionalKeys<E extends Entries> = { [K in keyof E]: E[K] extends v.OptionalSchema<Field<unknown>, undefined> ? K : never }[keyof E];

/** What a JSON schema says of a field's input; a place it does not limit is `{}`. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const shapes = new WeakMap<object, () => JsonSchema>();

/** Says what the field's input looks like, for the JSON schema: what its code understands cannot be read out of it. */
export function shaped<F extends object>(schema: F, shape: JsonSchema | (() => JsonSchema)): F {
  shapes.set(schema, typeof shape === "function" ? (shape as () => JsonSchema) : () => shape);
  return schema;
}

/** The JSON schema of a field: its own shape, else that of the fields it is made from. */
export function jsonSchemaOf(schema: object): JsonSchema {
  const own = shapes.get(schema);
  if (own !== undefined) return own();
  const { type, wrapped, item, pipe } = schema as Parts;
  if (type === "optional" && wrapped !== undefined) return jsonSchemaOf(wrapped);
  if (type === "array" && item !== undefined) return { type: "array", items: jsonSchemaOf(item) };
  const inner = (pipe ?? []).filter((part) => part !== schema).map(jsonSchemaOf);
  return inner.find((found) => Object.keys(found).length > 0) ?? {};
}

interface Parts {
  readonly type?: string;
  readonly wrapped?: object;
  readonly item?: object;
  readonly pipe?: readonly object[];
}

/** A value that `read` understands; undefined from it means: not what is expected. */
export function field<T>(
  read: (input: unknown) => T | undefined,
  expected: string | ((input: unknown) => string),
  shape: JsonSchema = {},
): Field<T> {
  const description = typeof expected === "string" ? { description: expected } : {};
  return shaped(understood(read, expected), { ...shape, ...description });
}

function understood<T>(read: (input: unknown) => T | undefined, expected: string | ((input: unknown) => string)): Field<T> {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const output = read(dataset.value);
      if (output !== undefined) return output;
      addIssue({ message: typeof expected === "string" ? unexpected(dataset.value, expected) : expected(dataset.value) });
      return NEVER;
    }),
  );
}

/** The same, for values that no message may show. */
export function secretField<T>(read: (input: unknown) => T | undefined, expected: string, shape: JsonSchema = {}): Field<T> {
  return field(read, (input) => `expected ${expected}, got ${describe(input)}`, { ...shape, description: expected });
}

/** An object with these keys and no others; a key that is not `optional` is required. The example is shown to who wrote none. */
export function fields<E extends Entries>(entries: E, example?: string): Field<Complete<E>> {
  return shaped(objectOf(entries, example), () => objectSchema(entries));
}

export function objectSchema(entries: Entries): JsonSchema {
  const properties = Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, jsonSchemaOf(entry)]));
  const required = Object.keys(entries).filter((key) => entries[key]!.type !== "optional");
  return { type: "object", properties, ...(required.length > 0 && { required }), additionalProperties: false };
}

function objectOf<E extends Entries>(entries: E, example?: string): Field<Complete<E>> {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, Complete<E>>(({ dataset, addIssue, NEVER }) => {
      const { output, problems } = parseFields(entries, dataset.value, example);
      for (const problem of problems) addIssue({ message: problem.text, path: toIssuePath(dataset.value, problem.path) });
      return problems.length > 0 ? NEVER : (output as unknown as Complete<E>);
    }),
  );
}

/** Parses key by key, so that the valid ones can be checked against each other although others are wrong. */
export function parseFields<E extends Entries>(
  entries: E,
  input: unknown,
  example?: string,
): { output: Parsed<E>; problems: readonly Problem[] } {
  const expected = example === undefined ? "an object" : `an object such as ${example}`;
  if (!isRecord(input)) return { output: {}, problems: [{ path: [], text: unexpected(input, expected) }] };
  const names = Object.keys(entries);
  const problems: Problem[] = Object.keys(input)
    .filter((key) => !names.includes(key) && input[key] !== undefined)
    .map((key) => ({ path: [key], text: `unknown key${didYouMean(key, names) || knownHere(names)}` }));
  const output: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(entries)) {
    const value = Object.hasOwn(input, key) ? input[key] : undefined;
    if (value === undefined && schema.type === "optional") continue;
    const result = v.safeParse(schema, value);
    if (result.success) output[key] = result.output;
    else problems.push(...result.issues.map((issue) => ({ path: [key, ...issuePath(issue)], text: issue.message })));
  }
  return { output: output as Parsed<E>, problems };
}

/** A list; one value alone is taken for a list of one where `orOne` is set. */
export function listOf<T>(item: Field<T>, options: { readonly orOne?: boolean } = {}): Field<readonly T[]> {
  const list = v.array(item, (issue) => unexpected(issue.input, "a list")) as unknown as Field<readonly T[]>;
  if (!options.orOne) return list;
  const orOne: Field<readonly T[]> = v.pipe(
    v.unknown(),
    v.transform((input) => (Array.isArray(input) || input === undefined ? input : [input])),
    list,
  );
  return shaped(orOne, () => ({ anyOf: [jsonSchemaOf(item), jsonSchemaOf(list)] }));
}

/** An object whose keys the user chooses, as pairs in the order written. */
export function pairs<T>(name: Field<string>, value: Field<T>, expected = "an object"): Field<readonly (readonly [string, T])[]> {
  return shaped(pairsOf(name, value, expected), () => ({ type: "object", additionalProperties: jsonSchemaOf(value) }));
}

function pairsOf<T>(name: Field<string>, value: Field<T>, expected: string): Field<readonly (readonly [string, T])[]> {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, readonly (readonly [string, T])[]>(({ dataset, addIssue, NEVER }) => {
      const input = dataset.value;
      if (!isRecord(input)) {
        addIssue({ message: `expected ${expected}, got ${describe(input)}` });
        return NEVER;
      }
      const output: (readonly [string, T])[] = [];
      for (const [key, item] of Object.entries(input).filter((entry) => entry[1] !== undefined)) {
        const parsedName = v.safeParse(name, key);
        const parsed = v.safeParse(value, item);
        for (const issue of [...(parsedName.issues ?? []), ...(parsed.issues ?? [])]) {
          addIssue({ message: issue.message, path: toIssuePath(input, [key, ...issuePath(issue)]) });
        }
        if (parsed.success) output.push([key, parsed.output]);
      }
      return output;
    }),
  );
}

/** A further check of what another field has understood, and of what was written. `check` gives the complaint, or null. */
export function checked<T>(schema: Field<T>, check: (value: T, written: unknown) => string | null): Field<T> {
  const both = v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const { success, output, issues } = v.safeParse(schema, dataset.value);
      for (const issue of issues ?? []) addIssue({ message: issue.message, ...(issue.path && { path: issue.path }) });
      const complaint = success ? check(output, dataset.value) : null;
      if (complaint !== null) addIssue({ message: complaint });
      return success && complaint === null ? output : NEVER;
    }),
  );
  return shaped(both, () => jsonSchemaOf(schema));
}

/** What of several keys is there; where none is, the one that somebody has written, whose value is undefined. */
export function gotOf(used: readonly string[], written: unknown, keys: readonly string[]): string {
  if (used.length > 0) return used.join(" and ");
  const empty = isRecord(written) ? keys.find((key) => Object.hasOwn(written, key)) : undefined;
  return empty === undefined ? "none" : `none: ${empty} is undefined`;
}

export function unexpected(input: unknown, expected: string): string {
  return input === undefined ? `missing; expected ${expected}` : `expected ${expected}, got ${show(input)}`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

export function issuePath(issue: v.BaseIssue<unknown>): Path {
  return (issue.path ?? []).map((item) => item.key as string | number);
}

function toIssuePath(input: unknown, path: Path): [v.IssuePathItem, ...v.IssuePathItem[]] | undefined {
  const items = path.map((key): v.IssuePathItem => ({ type: "unknown", origin: "value", input, key, value: undefined }));
  return items.length === 0 ? undefined : (items as [v.IssuePathItem, ...v.IssuePathItem[]]);
}
