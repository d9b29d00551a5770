import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

/**
 * The options of the script that runs, as of parseArgs(); with `numbers` what is given without a name are numbers, too. What has a
 * number as its default takes one. `--help` prints the comment with which the script begins; a mistake is said, with its first line.
 */
export function readOptions({ numbers = false, allowPositionals = numbers, options = {} }) {
  try {
    const read = parseArgs({ allowPositionals, options: { ...options, help: { type: "boolean", short: "h", default: false } } });
    if (read.values.help) {
      console.log(usage().join("\n"));
      process.exit(0);
    }
    for (const [name, { default: standard }] of Object.entries(options)) {
      if (/^\d+$/.test(standard)) refuseOther(`--${name}`, read.values[name]);
    }
    if (numbers) for (const text of read.positionals) refuseOther("what is given", text);
    return { ...read, positionals: numbers ? read.positionals.map(Number) : read.positionals };
  } catch (error) {
    console.error(`${error.message}\n${usage()[0]}`);
    process.exit(2);
  }
}

function refuseOther(what, text) {
  if (!/^\d+$/.test(text)) throw new Error(`${what} is "${text}", which is no whole number`);
}

function usage() {
  const lines = readFileSync(process.argv[1], "utf8").split("\n");
  const first = lines.findIndex((line) => line.startsWith("// "));
  const end = lines.findIndex((line, at) => at > first && !line.startsWith("//"));
  return lines.slice(first, end).map((line) => line.slice(3));
}
