#!/usr/bin/env node
// Plain JavaScript of the oldest kind, so that an old Node gets to the sentence below.

// Before anything is loaded: from this line on no signal is lost (PID 1 would not even die of it). What svc listens with is in
// place before the event loop turns for the first time, and gets what has come until then. Where nothing listens, as in a
// command that only waits, the signal does then what it does by default. SIGUSR1 would open Node's inspector.
if (process.argv.includes("start") || process.argv.includes("run")) {
  process.on("SIGUSR1", () => {});
  for (const name of ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR2"]) process.on(name, leaveToOthers);
}

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

function leaveToOthers(signal) {
  process.off(signal, leaveToOthers);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}
