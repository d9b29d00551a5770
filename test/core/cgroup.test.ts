import { describe, expect, it } from "vitest";
import { aroundServices, cgroupFolders, cgroupName, cgroupPath, instanceOf, isOfService } from "../../src/core/cgroup.ts";
import { markerName } from "../../src/core/marker.ts";

const marker = markerName("9imwuvu3464art9o");
const mounts = (...lines: readonly string[]): string => `${["22 1 0:20 / /proc rw - proc proc rw", ...lines].join("\n")}\n`;

describe("the cgroup of a service", () => {
  it("is called by the life of its supervisor and its instance, and is that life's only", () => {
    const name = cgroupName(marker, "web.2");
    expect(name).toBe("svc-9imwuvu3464art9o-web.2");
    expect(instanceOf(name, marker)).toBe("web.2");
    expect(instanceOf(name, markerName("9imwuvu3464art9"))).toBeNull();
    expect(instanceOf(name, markerName("another"))).toBeNull();
  });

  it("is told from what others make by its name", () => {
    expect(isOfService(`/system.slice/${cgroupName(marker, "web")}`)).toBe(true);
    expect(isOfService(`/${cgroupName(marker, "web")}/below`)).toBe(false);
    for (const path of ["/", "/system.slice/svc.service", "/system.slice/svc-web-1.service", "/svc-web"])
      expect(isOfService(path)).toBe(false);
  });

  it("is around everything that a nested supervisor makes: only the outermost is around no service", () => {
    const [outer, inner] = [cgroupName(marker, "web"), cgroupName(markerName("8abcdefgh12345678"), "inner.1")];
    expect(aroundServices(`/${outer}`)).toBe("/");
    expect(aroundServices(`/user.slice/app.scope/${outer}/${inner}/below`)).toBe("/user.slice/app.scope");
    expect(aroundServices("/user.slice/app.scope")).toBeNull();
    expect(aroundServices("/")).toBeNull();
  });
});

describe("a process's own cgroup", () => {
  it("is that of version 2, whatever stands beside it", () => {
    expect(cgroupPath("9:name=systemd:/a\n4:memory:/b\n0::/c d\n")).toBe("/c d");
    expect(cgroupPath("0::/\n")).toBe("/");
  });

  it("is not known without version 2, without /proc, and where it is outside the namespace", () => {
    for (const text of ["", "4:memory:/b\n", "0::/../../outer\n"]) expect(cgroupPath(text)).toBeNull();
  });

  it("is to be seen below each mount that shows it, and below no other file system", () => {
    const v1 = "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu";
    const v2 = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 master:1 - cgroup2 cgroup2 rw";
    expect(cgroupFolders("/", mounts(v1, v2))).toEqual(["/sys/fs/cgroup/unified"]);
    expect(cgroupFolders("/a/b", mounts(v2, v2.replace("/sys/fs/cgroup/unified", "/mnt/with\\040blank")))).toEqual([
      "/sys/fs/cgroup/unified/a/b",
      "/mnt/with blank/a/b",
    ]);
    expect(cgroupFolders("/", mounts(v1))).toEqual([]);
    expect(cgroupFolders("/", "")).toEqual([]);
  });

  it("is to be seen below a mount of a part of the hierarchy only where it is in that part", () => {
    const part = mounts("41 31 0:38 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup2 rw");
    expect(cgroupFolders("/docker/abc", part)).toEqual(["/sys/fs/cgroup"]);
    expect(cgroupFolders("/docker/abc/web", part)).toEqual(["/sys/fs/cgroup/web"]);
    expect(cgroupFolders("/docker/abcdef", part)).toEqual([]);
    expect(cgroupFolders("/", part)).toEqual([]);
  });
});
