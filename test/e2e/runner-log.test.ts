import { describe, expect, test } from "vitest";
import { usePlaces } from "../helpers/fleet.ts";
import { startNode } from "../helpers/node.ts";

/** Where the lines of a `ServiceRunner` go. */

const guard = usePlaces();

const INDEX = new URL("../../dist/index.js", import.meta.url).href;

/** An app whose one task and one command write a line each; `log` is the option, as text. */
async function linesWith(log: string) {
  const at = guard.place();
  at.write(
    "app.mjs",
    `import { ServiceRunner, SvcError } from "${INDEX}";
    const lines = [];
    const runner = new ServiceRunner({ log: ${log} });
    runner.register("task", { service: async (ctx) => { ctx.log("at work"); await ctx.sleep("1h"); }, secret: ["WORD"], env: {} });
    runner.register("command", { command: "node -e \\"console.log('my word is hunter22'); setInterval(() => {}, 1e6)\\"", secret: ["WORD"], env: { WORD: "hunter22" }, ready: { log: "word" } });
    await runner.start();
    const refused = await runner.stopService("comand").catch((error) => error);
    await runner.stop();
    process.stdout.write("> " + JSON.stringify({ lines, error: [refused instanceof SvcError, refused.exitCode, refused.hint] }) + "\\n");`,
  );
  const { code, stdout, stderr } = await startNode(at, guard, ["app.mjs"]).ended;
  const [last] = stdout.split("\n").filter((line) => line.startsWith("> "));
  expect([code, last]).toEqual([0, expect.any(String)]);
  return { ...JSON.parse(last!.slice(2)), stdout: stdout.replace(`${last}\n`, ""), stderr };
}

describe("the lines of a runner", () => {
  test("go to a function, one call a line, masked, and nowhere else", async () => {
    const { lines, stdout, stderr } = await linesWith("(line) => lines.push(line)");
    expect([stdout, stderr]).toEqual(["", ""]);
    const of = (service: string, stream: string) =>
      lines.filter((one: { service: string; stream: string }) => one.service === service && one.stream === stream);
    expect(of("task", "stdout")).toEqual([expect.objectContaining({ line: "at work", instance: 1, time: expect.any(String) })]);
    expect(of("command", "stdout")).toEqual([expect.objectContaining({ line: "my word is ***", pid: expect.any(Number) })]);
    expect(of("command", "svc").map(({ line }: { line: string }) => line)).toContain("command is ready");
    expect(of("svc", "svc").map(({ line }: { line: string }) => line)).toContain("all services stopped");
  });

  test("go nowhere with none", async () => {
    expect(await linesWith('"none"')).toMatchObject({ stdout: "", stderr: "" });
  });

  test("have the format that is asked for", async () => {
    const { stdout } = await linesWith('"json"');
    const lines = stdout
      .split("\n")
      .filter(Boolean)
      .map((line: string) => JSON.parse(line));
    expect(lines).toContainEqual(expect.objectContaining({ service: "task", line: "at work" }));
  });

  test("beside them an error is a SvcError that the app can tell from others", async () => {
    expect((await linesWith('"none"')).error).toEqual([true, 4, 'did you mean "command"?']);
  });
});
