import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    // Only a test that fails uses them up; a slow machine must not.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // Twice as many as there are cores at least: process tests wait for their processes for half of their time.
    maxWorkers: 4,
    projects: [
      // They change what a process has once only: its native part, its listeners to signals, its mask. Each has its own.
      { extends: true, test: { name: "effects", include: ["test/effects/**/*.test.ts"] } },
      // They change nothing of their own process. One that all files share reads vitest and the sources once.
      { extends: true, test: { name: "svc", include: ["test/**/*.test.ts"], exclude: ["test/effects/**"], isolate: false } },
    ],
  },
});
