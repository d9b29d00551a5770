import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { parseCommand, quoteArgv } from "../../src/core/command.ts";
import { splitWords } from "../../src/core/shell-words.ts";
import { fc } from "../helpers/fast-check.ts";

describe("without a shell", () => {
  test.each([
    ["node server.js", ["node", "server.js"]],
    ["  node\tserver.js  ", ["node", "server.js"]],
    ["node 'a b' \"c d\"", ["node", "a b", "c d"]],
    ["node a'b c'd\"e f\"g", ["node", "ab cde fg"]],
    ["node ''", ["node", ""]],
    ['node "it\'s" \'say "hi"\'', ["node", "it's", 'say "hi"']],
    ["node a\\ b \\$HOME", ["node", "a b", "$HOME"]],
    ['node "\\$HOME \\" \\\\ \\n"', ["node", '$HOME " \\ \\n']],
    ["node '$HOME `id` *'", ["node", "$HOME `id` *"]],
    ["node --env=A=b", ["node", "--env=A=b"]],
    ["node a \\\n  b", ["node", "a", "b"]],
    ["'A=b' c", ["A=b", "c"]],
    ["node a\\", ["node", "a\\"]],
    ["/usr/bin/env A=b node", ["/usr/bin/env", "A=b", "node"]],
    ["echo hi", ["echo", "hi"]],
  ])("%j", (text, argv) => {
    expect(parseCommand(text)).toEqual({ argv, text, shell: false });
  });
});

describe("with a shell", () => {
  const special = [..."$`|&;<>()*?[]{}~#!\n"].map((character) => [`node a${character}b`]);
  test.each([
    ...special,
    ['node "$HOME"'],
    ['node "`id`"'],
    ["PORT=3000 node server.js"],
    ["_a1= node"],
    ["cd sub"],
    ["exec node server.js"],
    [". ./env"],
    ["ulimit -n"],
    ['echo "$(echo "it\'s")"'],
    ["cat <<E\nit's\nE"],
    ["node a # don't"],
    ["node a;# don't"],
    ["# don't\nnode a"],
  ])("%j", (text) => {
    expect(parseCommand(text)).toEqual({ argv: ["/bin/sh", "-c", text], text, shell: true });
  });
});

describe("is refused", () => {
  test.each([
    ["", "is empty"],
    ["  \n", "is empty"],
    ["''", "names no program"],
    ["node 'a", "has a single quote that is not closed (character 6)"],
    ['node "a', "has a double quote that is not closed (character 6)"],
    ['node "a $HOME', "has a double quote that is not closed (character 6)"],
    ["node a\0b", "holds a NUL character"],
  ])("%j %s", (text, message) => {
    expect(() => parseCommand(text)).toThrow(new SyntaxError(message));
  });

  test.each([
    [[], "is an empty list"],
    [[""], "names no program"],
    [["a", "b\0"], "holds a NUL character"],
  ])("the list %j %s", (list, message) => {
    expect(() => parseCommand(list)).toThrow(new SyntaxError(message));
  });
});

test("a list is run as it stands, and shown so that it can be pasted", () => {
  expect(parseCommand(["node", "-e", "a b; $c", ""])).toEqual({
    argv: ["node", "-e", "a b; $c", ""],
    text: "node -e 'a b; $c' ''",
    shell: false,
  });
});

const word = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", ""));

test("splitting a quoted argv gives the argv back", () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (argv) => {
      expect(splitWords(quoteArgv(argv))).toEqual(argv);
    }),
  );
});

test("any text is split, needs a shell, or is refused with a reason", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."a '\"\\$`#=\n") })), (text) => {
      try {
        expect(parseCommand(text).argv.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
      }
    }),
    { numRuns: 1000 },
  );
});

test("text that needs no shell is split as /bin/sh splits it", () => {
  const unit = fc.constantFrom("a", "b", " ", "'", '"', "\\", "=", "-");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
      const words = split(`x ${text}`);
      if (words === null) return;
      const script = `for word in ${`x ${text}`}; do printf '%s\\0' "$word"; done`;
      const shown = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" });
      expect(words).toEqual(shown.split("\0").slice(0, -1));
    }),
    { numRuns: 100 },
  );
});

/** A backslash at the very end would escape what the test adds to the text. */
function split(text: string): readonly string[] | null {
  if (text.endsWith("\\")) return null;
  try {
    return splitWords(text);
  } catch {
    return null;
  }
}
