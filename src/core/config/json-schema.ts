import { type JsonSchema, jsonSchemaOf, objectSchema } from "./fields.ts";
import { SERVICE_NAME } from "./names.ts";
import { rootEntries } from "./resolve.ts";
import { serviceEntries } from "./service-schema.ts";

/** The JSON schema of `services.json`, from the same fields that validate a config. What concerns several keys stays with svc. */
export function configSchema(): JsonSchema {
  const { service: _, ...entries } = serviceEntries;
  const root = objectSchema(rootEntries);
  const services = {
    type: "object",
    minProperties: 1,
    propertyNames: { pattern: SERVICE_NAME.source },
    additionalProperties: objectSchema(entries),
  };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "svc: services.json",
    ...root,
    properties: { ...(root.properties as JsonSchema), services: { ...jsonSchemaOf(rootEntries.services), ...services } },
  };
}
