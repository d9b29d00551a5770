import { describe, expect, it } from "vitest";
import { cut, openScreen } from "../../src/cli/screen.ts";

function terminal(columns: number, rows: number) {
  const written: string[] = [];
  let resized = (): void => {};
  const on = (_: "resize", listener: () => void): void => {
    resized = listener;
  };
  return { columns, rows, write: (text: string) => written.push(text), on, written, resize: () => resized() };
}

describe("a screen", () => {
  it("draws each text over the last, and erases what is left of it", () => {
    const fake = terminal(80, 24);
    const draw = openScreen(fake);
    draw("a\nbb\nc");
    draw("d");
    draw("e\nf");
    expect(fake.written).toEqual([
      "\ra\x1b[K\r\nbb\x1b[K\r\nc\x1b[K\r\n\x1b[J",
      "\r\x1b[3Ad\x1b[K\r\n\x1b[J",
      "\r\x1b[1Ae\x1b[K\r\nf\x1b[K\r\n\x1b[J",
    ]);
  });

  it("leaves out what there is no room for, and says how much", () => {
    const fake = terminal(3, 4);
    openScreen(fake)("one\ntwo\nthree\nfour\nfive");
    expect(fake.written).toEqual(["\rone\x1b[K\r\ntwo\x1b[K\r\n… 3\x1b[K\r\n\x1b[J"]);
  });

  it("begins anew when the terminal has another size", () => {
    const fake = terminal(80, 24);
    const draw = openScreen(fake);
    draw("a");
    fake.resize();
    draw("b");
    expect(fake.written[1]).toBe("\x1b[2J\x1b[H\rb\x1b[K\r\n\x1b[J");
  });

  it("hides no cursor and turns nothing off: there is nothing to restore", () => {
    const fake = terminal(80, 24);
    openScreen(fake)("a");
    expect(fake.written.join("")).not.toMatch(/\x1b\[\?/);
  });
});

it("colours take no room in a line, and are ended also where their text is cut", () => {
  expect(cut("ab\x1b[32mcdef\x1b[39mgh", 4)).toBe("ab\x1b[32mcd\x1b[39m");
  expect(cut("äöü€x", 4)).toBe("äöü€");
});
