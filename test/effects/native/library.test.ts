import { expect, test } from "vitest";
import { withLibrary } from "../../../src/effects/native/library.ts";

test.runIf(process.env.SVC_NO_NATIVE !== "1")(
  "the library is loaded, and a function declared, once: what koffi is told it never forgets",
  () => {
    const [first, second] = [withLibrary({}, (library) => library), withLibrary({}, (library) => library)];
    if ("missing" in first || "missing" in second) throw new Error("the native part is missing");
    expect(second).toBe(first);
    expect(second.declare("getpid", [])).toBe(first.declare("getpid", []));
    expect(first.declare("getpid", [])()).toBe(process.pid);
    expect(first.declare("getpgid", ["int"])).not.toBe(first.declare("getpgid", ["uint"]));
  },
);

test("without the native part nothing is loaded, also where it was before", () => {
  expect(withLibrary({ SVC_NO_NATIVE: "1" }, () => "loaded")).toEqual({ missing: "SVC_NO_NATIVE is set" });
});
