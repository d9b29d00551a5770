import { describe, expect, it } from "vitest";
import { configSchema } from "../../../src/core/config/json-schema.ts";
import { serviceEntries } from "../../../src/core/config/service-schema.ts";

type Schema = Readonly<Record<string, unknown>> & { readonly properties: Readonly<Record<string, Schema>> };

const schema = configSchema() as Schema;
const service = schema.properties.services!.additionalProperties as Schema;

describe("the JSON schema", () => {
  it("has each key that a service may have, and no other; code cannot stand in JSON", () => {
    expect(Object.keys(service.properties)).toEqual(Object.keys(serviceEntries).filter((key) => key !== "service"));
    expect(service.additionalProperties).toBe(false);
    expect(Object.keys(schema.properties)).toEqual(["$schema", "envFile", "shutdownTimeout", "log", "services"]);
    expect(schema).toMatchObject({ required: ["services"], additionalProperties: false });
  });

  it("says something of each value", () => {
    const silent = Object.entries(service.properties).filter(([, value]) => Object.keys(value).length === 0);
    expect(silent).toEqual([]);
  });

  it("knows what is inside", () => {
    expect(service.properties.restart).toMatchObject({ enum: ["always", "on-failure", "never"] });
    expect(service.properties.instances).toMatchObject({ type: "integer", minimum: 0, maximum: 10_000 });
    expect(service.properties.command).toMatchObject({ anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] });
    expect(service.properties.stop!.properties.timeout).toMatchObject({ type: ["number", "string"] });
    expect(service.properties.maxRestarts).toMatchObject({ type: "object", required: ["count", "within"] });
    expect(service.properties.ready!.properties.http).toBeDefined();
    expect(service.properties.env).toMatchObject({ additionalProperties: { type: ["string", "number", "boolean", "null"] } });
    expect(service.properties.dependsOn).toMatchObject({
      anyOf: [{ type: "array" }, { additionalProperties: { enum: ["started", "ready", "healthy", "completed", "ended"] } }],
    });
    expect(service.properties.watch).toMatchObject({ anyOf: [{ type: "string" }, { type: "array" }] });
  });

  it("is plain data", () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});
