import { expect, test } from "vitest";
import { findJsonFault } from "../../../src/core/config/json-fault.ts";
import { formatProblems } from "../../../src/core/config/problem.ts";
import { parseProcfile } from "../../../src/core/config/procfile.ts";
import { serviceEntries } from "../../../src/core/config/service-schema.ts";
import { fc } from "../../helpers/fast-check.ts";
import { fleetOf, problemsOf } from "./helper.ts";

const key = fc.constantFrom(...Object.keys(serviceEntries), "__proto__", "constructor", "comand");
const service = fc.dictionary(key, fc.jsonValue());
const noise = fc.oneof(
  fc.jsonValue(),
  service,
  fc.dictionary(fc.string(), service),
  fc.record({ services: fc.dictionary(fc.string(), service) }),
);

test("no plain data makes it throw, and every message is one line", () => {
  fc.assert(
    fc.property(noise, (raw) => {
      for (const line of problemsOf(raw)) expect(line).not.toMatch(/[\u0000-\u001f]/);
    }),
    { numRuns: 1000 },
  );
});

test("no value of JavaScript makes it throw", () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withMap: true, withDate: true, withBigInt: true }), (raw) =>
      Array.isArray(problemsOf(raw)),
    ),
  );
});

const valid = fc.record(
  {
    command: fc.constantFrom("node a", "a | b"),
    cwd: fc.constantFrom("sub", "/abs"),
    env: fc.dictionary(
      fc.stringMatching(/^[A-Z_]{1,8}$/),
      fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.stringMatching(/^[ -~]*$/)),
    ),
    instances: fc.integer({ min: 0, max: 100 }),
    autostart: fc.boolean(),
    restart: fc.constantFrom("always", "on-failure", "never"),
    successExitCodes: fc.array(fc.integer({ min: 0, max: 255 })),
    backoff: fc.record({ initial: fc.nat(), max: fc.nat(), jitter: fc.double({ min: 0, max: 1, noNaN: true }) }, { requiredKeys: [] }),
    ready: fc.oneof(fc.record({ tcp: fc.integer({ min: 1, max: 65_535 }) }), fc.record({ log: fc.constant(/x+/i) })),
    stop: fc.record({ timeout: fc.constantFrom(0, "1.5s"), tree: fc.boolean() }, { requiredKeys: [] }),
  },
  { requiredKeys: ["command"] },
);

test("a valid config becomes a spec that crosses a process boundary unchanged", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^x[a-z0-9]{1,10}$/), valid, { minKeys: 1 }), (services) => {
      const fleet = fleetOf({ services });
      expect(fleet.services.map(({ name }) => name)).toEqual(Object.keys(services));
      expect(JSON.parse(JSON.stringify(fleet))).toEqual(fleet);
    }),
  );
});

test("what JSON.parse accepts has no fault, and what it refuses has one within the text", () => {
  const mutated = fc
    .tuple(fc.json({ noUnicodeString: false } as object), fc.nat(), fc.constantFrom(",", "}", '"', "x", ""))
    .map(([text, at, put]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + 1);
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string(), fc.json()), (text) => {
      const fault = findJsonFault(text);
      expect(fault === null).toBe(parses(text));
      if (fault) expect(fault.offset).toBeLessThanOrEqual(text.length);
    }),
    { numRuns: 1000 },
  );
});

test("no text makes a Procfile throw", () => {
  const unit = fc.constantFrom("a", "b", ":", " ", "#", "\n", "\r", "\t", "'");
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      const parsed = parseProcfile(text);
      if ("problems" in parsed) for (const line of formatProblems(parsed.problems)) expect(line).toMatch(/^line \d+: /);
      else problemsOf(parsed.raw);
    }),
    { numRuns: 500 },
  );
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
