import { describe, expect, test } from "vitest";
import { problemsOfService } from "./helper.ts";

const command = "node server.js";

describe("what this version does not do", () => {
  test.each([[{ watch: ["src"] }, "watch"]])("%j is refused", (service, key) => {
    expect(problemsOfService({ command, ...service })).toEqual([
      expect.stringMatching(`^services.web.${key}: .*this version of svc does not do this yet$`),
    ]);
  });
});
