import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { withWordHere } from "../../src/cli/words-elsewhere.ts";
import { noSuchService } from "../../src/core/names.ts";

describe("a word of another tool", () => {
  test.each([
    ["up", "svc start"],
    ["down", "svc stop"],
    ["ps", "svc list"],
    ["monit", "svc top"],
    ["describe", "svc status NAME"],
    ["version", "svc --version"],
  ])("%s is named as it is here: %s", (word, here) => {
    const complaint = `svc: unknown command '${word}'\n(Did you mean init?)\n`;
    expect(withWordHere(complaint)).toBe(`svc: unknown command '${word}'\n(Here it is \`${here}\`.)\n`);
  });

  test("an option too", () => {
    expect(withWordHere("svc: unknown option '--tail'\n")).toBe("svc: unknown option '--tail'\n(Here it is `--lines`.)\n");
  });

  test("leaves a misspelling its likeness, and hides no command", () => {
    const complaint = "svc: unknown command 'lits'\n(Did you mean list?)\n";
    expect(withWordHere(complaint)).toBe(complaint);
    for (const { name } of COMMANDS) expect(withWordHere(`svc: unknown command '${name}'\n`)).not.toContain("Here it is");
  });
});

test("where a name is missing, it is said what shows the names", () => {
  expect(withWordHere("svc: missing required argument 'name'\n")).toBe(
    "svc: missing required argument 'name'\n(`svc list` shows the names.)\n",
  );
});

test("a file in place of a service's name is answered with the option for it", () => {
  expect(noSuchService("services.ts", ["web"]).hint).toBe("known: web; a config is named by -c");
  expect(noSuchService("./x", ["web"]).hint).toBe("known: web; a config is named by -c");
  expect(noSuchService("db.2", ["web"]).hint).toBe("known: web");
});
