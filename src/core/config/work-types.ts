import type { CommandText } from "./part-types.ts";
import type { Service, ServiceClass, ServiceFunction } from "./service-types.ts";

/** What is run. What does not go with it is `never`, so that the compiler refuses it. */
export type Work = ModuleWork | InlineWork | CommandWork;

export interface CommandWork {
  /** A program with its arguments, such as "node server.js" or ["node", "server.js"]. */
  readonly command: CommandText;
  readonly service?: never;
  readonly module?: never;
  readonly options?: never;
}

export interface InlineWork extends Constructed {
  /** A class with run() (and stop(), if it likes), an async function, or a factory: run in a process of its own. */
  readonly service: ServiceClass | ServiceFunction | Service;
  readonly command?: never;
  readonly module?: never;
}

export interface ModuleWork extends Constructed {
  /** A file whose default export is such a service, relative to the config. */
  readonly module: string;
  readonly command?: never;
  readonly service?: never;
}

interface Constructed {
  /** What the class of `service` or `module` is constructed with: plain data. */
  readonly options?: unknown;
}
