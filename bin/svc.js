#!/usr/bin/env node
// Plain JavaScript of the oldest kind, so that an old Node gets to the sentence below.

// Before anything is loaded: without a listener Node answers SIGUSR1 by opening its inspector.
if (process.argv.includes("start") || process.argv.includes("run")) process.on("SIGUSR1", () => {});

const [major, minor] = process.versions.node.split(".").map(Number);

if (process.platform === "win32") {
  refuse("svc does not run on Windows: it needs process groups and signals. Use it in WSL or in a Linux container.");
} else if (major < 20 || (major === 20 && minor < 19)) {
  refuse(`svc needs Node 20.19 or newer; this is Node ${process.versions.node} (${process.execPath}).`);
} else {
  require("../dist/bundle/main.js").main(process.argv.slice(2));
}

function refuse(why) {
  console.error(why);
  process.exitCode = 2;
}
