/** The text of a first `services.ts`. */

export interface FirstService {
  readonly name: string;
  readonly command: string;
  /** It does not go on by itself (a build, a test), or starts the others. Written as a comment. */
  readonly aside?: true;
}

/** What is taken over, in their order; without any an example stands there. */
export function firstConfig(services: readonly FirstService[], from: string | null): string {
  const body = services.length === 0 ? EXAMPLE : services.map(serviceText).join("\n");
  const aside = services.some((one) => one.aside) ? "; what seems to end by itself, or to start the others, is commented out" : "";
  const origin = from === null ? "" : `// Taken over from ${from}${aside}.\n`;
  return `import { defineConfig } from "svc-supervisor";

${origin}// \`svc check\` validates this file, \`svc start\` runs it, \`svc start -d\` in the background.
export default defineConfig({
  // One deadline for stopping everything; 9 s fits into the 10 s that Docker grants.
  // shutdownTimeout: "9s",

  services: {
${body}
  },
});
`;
}

const EXAMPLE = `    web: {
      command: "node server.js",

      // When it counts as up; dependents wait for it. Also: tcp, exec, log, message, fd, notify.
      // ready: { http: "http://127.0.0.1:3000/healthz" },

      // Restart when these files change.
      // watch: ["src"],

      // Several of them: web.1, web.2, … with PORT 3000, 3001, …
      // instances: 2, portBase: 3000,
    },

    // Runs once, before what depends on it:
    // migrate: { command: "node migrate.js", restart: "never" },
    // web: { …, dependsOn: { migrate: "completed" } },

    // Runs every night at three:
    // report: { command: "node report.js", cron: "0 3 * * *" },`;

function serviceText({ name, command, aside }: FirstService): string {
  return `    ${aside ? "// " : ""}${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}: { command: ${JSON.stringify(command)} },`;
}

/** Names that npm runs by itself, or that end by themselves. */
const NO_SERVICE =
  /^(pre|post)|^(prepare|publish|install|uninstall|version|build|test|lint|format|fmt|types?|typecheck|check|clean|release|coverage|bench|preview)([:.-]|$)/;

/** What is run once or by hand, wherever in the name it stands: `db:migrate`, `migrate:dev`. */
const ONCE = /(^|[:.-])(migrate|migrations?|seed|setup|reset|generate|codegen|deploy|studio)([:.-]|$)/;

/** They start other scripts, which are services themselves. */
const RUNS_OTHERS = /(^|[\s/])(concurrently|conc|npm-run-all2?|run-p|run-s|turbo|nx|lerna|wireit|foreman|nf|overmind|hivemind)(\s|$)/;

const RUNS_SVC = /(^|[\s/])svc\s/;

/** The scripts of a package.json: those that seem to go on are services, the others stand aside. Null where it has none. */
export function servicesOfPackage(json: unknown): readonly FirstService[] | null {
  const scripts = (json as { readonly scripts?: unknown } | null)?.scripts;
  if (typeof scripts !== "object" || scripts === null) return null;
  const found = Object.entries(scripts).filter((pair): pair is [string, string] => typeof pair[1] === "string" && pair[1].trim() !== "");
  const goesOn = found.filter(([script, command]) => !NO_SERVICE.test(script) && !ONCE.test(script) && !RUNS_SVC.test(command));
  const single = goesOn.filter(([, command]) => !RUNS_OTHERS.test(command));
  const chosen = withoutTwins(single.length === 0 ? goesOn : single);
  const services = found.map(([script, command]): FirstService => {
    const name = serviceName(script);
    return chosen.has(script) ? { name, command } : { name, command, aside: true };
  });
  return services.length === 0 ? null : services;
}

/** `start` is for production what `dev` is here: both would want the same port. */
function withoutTwins(scripts: readonly (readonly [string, string])[]): ReadonlySet<string> {
  const names = new Set(scripts.map(([script]) => script));
  if ([...names].some((script) => /^dev([:.-]|$)/.test(script))) names.delete("start");
  return names;
}

/** `dev:web` is no name that a service may have. */
function serviceName(script: string): string {
  const safe = script.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^[^A-Za-z]+/, "");
  return safe === "" || safe.toLowerCase() === "svc" ? "main" : safe.slice(0, 63);
}
