import { describe, expect, it } from "vitest";
import { findIdentity } from "../../../src/effects/spawn/accounts.ts";

const folder = new URL("../../fixtures/accounts/", import.meta.url).pathname;
const files = { passwd: `${folder}passwd`, group: `${folder}group` };
const find = (user: string | number | null, group: string | number | null = null) => findIdentity({ user, group }, files);
const alice = { name: "alice", uid: 1000, gid: 1000, home: "/home/alice" };

describe("an identity", () => {
  it("is none where nothing is asked for", () => {
    expect(find(null)).toBeNull();
  });

  it.each(["alice", 1000, "1000"])("has the user's own group and supplementary groups (%j)", (user) => {
    expect(find(user)).toEqual({ user: alice, gid: 1000, groups: [1000, 24, 27] });
  });

  it("has another group in place of the user's own, and the supplementary ones still", () => {
    expect(find("alice", "cdrom")).toEqual({ user: alice, gid: 24, groups: [24, 27] });
    expect(find("alice", 4711)).toEqual({ user: alice, gid: 4711, groups: [4711, 24, 27] });
  });

  it("keeps svc's user and groups where only a group is asked for", () => {
    expect(find(null, "cdrom")).toEqual({ user: null, gid: 24, groups: null });
  });

  it("takes a number that nobody has, with a group of the same number and never with root's", () => {
    expect(find(54321)).toEqual({ user: { name: null, uid: 54321, gid: 54321, home: "/" }, gid: 54321, groups: [54321] });
  });

  it("prefers a name to a number", () => {
    expect(find("77")).toMatchObject({ user: { name: "77", uid: 1077 } });
  });

  it("does not take a part of a name for a member of a group", () => {
    expect(find("ali")).toMatchObject({ groups: [1001] });
  });

  it("is not found for a name that nobody has", () => {
    expect(() => find("mallory")).toThrow(/^there is no user "mallory" in .*passwd$/);
    expect(() => find("alice", "wheel")).toThrow(/^there is no group "wheel" in .*group$/);
    expect(() => findIdentity({ user: "alice", group: null }, { passwd: "/nowhere/passwd", group: "/nowhere/group" })).toThrow(/alice/);
  });
});
