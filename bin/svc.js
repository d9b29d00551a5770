#!/usr/bin/env node
// Plain JavaScript of the oldest kind that modules allow, so that an old Node gets to the sentence below.
const [major, minor] = process.versions.node.split(".").map(Number);

if (process.platform === "win32") {
  refuse("svc does not run on Windows: it needs process groups and signals. Use it in WSL or in a Linux container.");
} else if (major < 20 || (major === 20 && minor < 19)) {
  refuse(`svc needs Node 20.19 or newer; this is Node ${process.versions.node} (${process.execPath}).`);
} else {
  run(process.argv.slice(2));
}

async function run(argv) {
  if (argv.includes("start") || argv.includes("run")) {
    const { ignoreInspectorSignal } = await import("../dist/cli/signals.js");
    ignoreInspectorSignal();
  }
  const { main } = await import("../dist/cli/main.js");
  await main(argv);
}

function refuse(why) {
  console.error(why);
  process.exitCode = 2;
}
