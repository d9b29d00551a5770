import { spawnSync } from "node:child_process";
import { describe, expect } from "vitest";
import { type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

const web = { command: ["sleep", "600"] };
const has = (shell: string): boolean => spawnSync(shell, ["-c", "true"]).status === 0;

/** `svc` as the shells find it, on PATH. */
function install(stage: Stage): string {
  stage.write("svc", `#!/bin/sh\nexec ${stage.env.svc} "$@"\n`, 0o755);
  return `${stage.path}:${stage.env.PATH}`;
}

function shell(stage: Stage, program: string, script: string): string[] {
  const { stdout, stderr } = spawnSync(program, [...(program === "bash" ? ["--norc"] : []), "-c", script], {
    cwd: stage.path,
    env: { ...stage.env, PATH: install(stage) },
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return stdout.split("\n").filter(Boolean);
}

async function running(stage: Stage): Promise<void> {
  stage.start({ services: { web, worker: { ...web, instances: 2 } } });
  await stage.shows("worker.2", "running");
}

/** What bash offers for these words, the last of which is being typed. */
function bash(stage: Stage, ...line: readonly (string | { readonly breaks: string })[]): string[] {
  const words = line.filter((word) => typeof word === "string");
  const list = words.map((word) => `'${word}'`).join(" ");
  const { breaks } = line.find((word) => typeof word === "object") ?? { breaks: "=:" };
  const script = `COMP_WORDBREAKS='${breaks}'; eval "$(svc completion bash)"; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _svc; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return shell(stage, "bash", script);
}

/** How bash splits what is typed. */
function split(word: string): string[] {
  return word.split(/(=)/).filter(Boolean);
}

function fish(stage: Stage, line: string): string[] {
  return shell(stage, "fish", `svc completion fish | source; complete -C '${line}'`).map((offer) => offer.split("\t")[0]!);
}

test("svc completion without a shell, or for a strange one, is a mistake", async ({ stage }) => {
  expect(await stage.svc("completion")).toMatchObject({ code: 2, stderr: expect.stringContaining("one of bash, zsh, fish") });
  expect(await stage.svc("completion", "bsah")).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "bash"?') });
  // Without a config here, the only supervisor on the machine would be meant.
  stage.write("services.json", { services: { web } });
  expect(await stage.svc("completion", "--names")).toMatchObject({ code: 0, stdout: "", stderr: "" });
});

describe.skipIf(!has("bash"))("in bash", () => {
  test("commands, options, values and live names are offered", async ({ stage }) => {
    await running(stage);
    expect(bash(stage, "svc", "sta")).toEqual(["start", "status"]);
    expect(bash(stage, "svc", "--qu")).toEqual(["--quiet"]);
    expect(bash(stage, "svc", "start", "--d")).toEqual(["--detach"]);
    expect(bash(stage, "svc", "start", "--log-format", "p")).toEqual(["pretty", "plain"]);
    expect(bash(stage, "svc", "stop", "")).toEqual(["web", "worker", "worker.1", "worker.2"]);
    expect(bash(stage, "svc", "-c", "services.json", "restart", "we")).toEqual(["web"]);
    expect(bash(stage, "svc", "wait", "web", "--for", "run")).toEqual(["running"]);
    expect(bash(stage, "svc", "completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(bash(stage, "svc", "start", "--back")).toEqual([]);
  });

  test("a value is completed after `=` too, whether bash splits words there or not", async ({ stage }) => {
    await running(stage);
    expect(bash(stage, "svc", "wait", "web", ...split("--for=run"))).toEqual(["running"]);
    expect(bash(stage, "svc", "start", ...split("--log-format="))).toEqual(["pretty", "plain", "json"]);
    expect(bash(stage, "svc", ...split("--config=services.json"), "stop", "worker.")).toEqual(["worker.1", "worker.2"]);
    expect(bash(stage, "svc", "start", ...split("--exit-code-from=we"))).toEqual(["web"]);
    expect(bash(stage, "svc", "scale", ...split("worker=2"))).toEqual([]);
    const unsplit = { breaks: " " };
    expect(bash(stage, unsplit, "svc", "wait", "web", "--for=run")).toEqual(["--for=running"]);
    expect(bash(stage, unsplit, "svc", "--config=services.json", "stop", "we")).toEqual(["web"]);
  });
});

describe.skipIf(!has("fish"))("in fish", () => {
  test("commands, options, values and live names are offered", async ({ stage }) => {
    await running(stage);
    expect(fish(stage, "svc sta").sort()).toEqual(["start", "status"]);
    expect(fish(stage, "svc start --det")).toEqual(["--detach"]);
    expect(fish(stage, "svc start --log-format p").sort()).toEqual(["plain", "pretty"]);
    expect(fish(stage, "svc stop w").sort()).toEqual(["web", "worker", "worker.1", "worker.2"]);
    expect(fish(stage, "svc -c services.json restart we")).toEqual(["web"]);
    expect(fish(stage, "svc completion z")).toEqual(["zsh"]);
    expect(fish(stage, "svc wait web --for=run")).toEqual(["--for=running"]);
    expect(fish(stage, "svc --config=services.json restart we")).toEqual(["web"]);
  });
});

/** What colours, moves the cursor or erases. */
const CONTROL = /\x1b\[[\d;?]*[A-Za-z]|[\x00-\x08\x0f]/g;

/** The shell reads its completion from `rc`, says that it is ready, and gets keys. */
async function typed(stage: Stage, command: string, load: string): Promise<void> {
  const terminal = stage.terminal(command, { PATH: install(stage) });
  const type = (keys: string): void => void terminal.process.stdin!.write(keys);
  const shown = (): string => terminal.stdout().replace(CONTROL, "");
  type(`${load}\n`);
  await terminal.says(/ready> /);
  for (const [keys, line] of [
    ["svc heal", "svc health"],
    ["svc list --js", "svc list --json"],
    ["svc status we", "svc status web"],
    ["svc -c services.json restart we", "svc -c services.json restart web"],
    ["svc wait web --for compl", "svc wait web --for completed"],
    ["svc wait web --for=compl", "svc wait web --for=completed"],
    ["svc --config=services.json status worker.2", "svc --config=services.json status worker.2 "],
  ] as const) {
    const before = shown().length;
    type(`${keys}\t`);
    await until(() => shown().slice(before).includes(line), { what: `${line} on the line` });
    // Nothing of it is to be run: the line is taken back.
    type("\x15");
  }
  type("exit\n");
  await terminal.ended;
}

describe.skipIf(!has("bash"))("in bash, on the line", () => {
  test("commands, options, values and live names are completed by Tab", async ({ stage }) => {
    await running(stage);
    stage.write("bashrc", `PS1='ready> '; bind 'set enable-bracketed-paste off'; eval "$(svc completion bash)"\n`);
    await typed(stage, "exec bash --norc -i", ". ./bashrc");
  });
});

describe.skipIf(!has("zsh"))("in zsh, on the line", () => {
  test("commands, options, values and live names are completed by Tab", async ({ stage }) => {
    await running(stage);
    stage.write("zshrc", `PROMPT='ready> '; autoload -Uz compinit; compinit -u -D; eval "$(svc completion zsh)"; bindkey -e\n`);
    await typed(stage, "ZDOTDIR=$PWD exec zsh -f -i", ". ./zshrc");
  });
});
