import { formatProblems, type Problem } from "../../core/config/problem.ts";
import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import type { FleetSpec } from "../../core/spec.ts";
import { AccountError, findIdentity } from "./accounts.ts";

/**
 * Whether the users and groups of a config exist on this machine. Throws a `SvcError` (exit 2) that names every key.
 */
export function checkAccounts(spec: FleetSpec): void {
  const problems = spec.services.flatMap(({ name, user, group }) => [
    ...problemsOf(name, { user, group: null }),
    ...problemsOf(name, { user: null, group }),
  ]);
  if (problems.length === 0) return;
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = formatProblems(problems).map((line) => `  ${line}`);
  throw new SvcError(`cannot use the config ${escapeControls(spec.file)}: ${count}\n${lines.join("\n")}`, EXIT.usage);
}

function problemsOf(service: string, account: Parameters<typeof findIdentity>[0]): readonly Problem[] {
  try {
    findIdentity(account);
    return [];
  } catch (error) {
    if (error instanceof AccountError) return [{ path: ["services", service, error.key], text: error.message }];
    throw error;
  }
}
