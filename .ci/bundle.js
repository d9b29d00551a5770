import { readFileSync } from "node:fs";

// A program of a hundred small modules costs each process that runs it 8 MB on Node 24, and a client command a third of its
// time; Node's loader of ECMAScript modules costs it another tenth. So what is run as a program is bundled, as CommonJS; what
// is imported (the library, by tests) stays as it was written.
const root = new URL("..", import.meta.url);
const { dependencies, optionalDependencies } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const at = (path) => new URL(path, root).pathname;
const common = { external: Object.keys({ ...dependencies, ...optionalDependencies }), platform: "node", logLevel: "silent" };
// Without its comments and indents a client command is read a millisecond sooner; names stay, for the stack of a fault.
const minify = { compress: false, mangle: false, codegen: { removeWhitespace: true } };

export default [
  {
    ...common,
    input: { main: at("dist/cli/main.js") },
    output: {
      dir: at("dist/bundle"),
      format: "cjs",
      minify,
      cleanDir: true,
      chunkFileNames: "[name].js",
      // All client commands are one file. What only some commands need (the supervisor, the help) stays apart: loading it
      // would cost the others.
      codeSplitting: {
        groups: [
          { name: "client", test: /\/dist\/cli\/(command-line|commands\/(?!start|check|run|attach|env|doctor|init|completion|top|logs))/ },
        ],
      },
    },
  },
  // The programs of the children are found by their paths. What only some need (cron, the words on a failed load) stays apart.
  ...["evaluate", "serve", "watch"].map((program) => ({
    ...common,
    // The schema's library is half of what an evaluation loads: as a part of the program it costs 30 ms less.
    external: common.external.filter((name) => name !== "valibot" && name !== "croner"),
    input: { [program]: at(`dist/host/${program}.js`) },
    output: { dir: at("dist/host"), format: "cjs", minify, entryFileNames: "[name].cjs", chunkFileNames: `${program}-[name].cjs` },
  })),
];
