import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { LibraryHandle } from "koffi";

/** Why there is no native part, as a clause: `koffi is not installed`. */
export interface Missing {
  readonly missing: string;
}

/** Only what the layouts in svc's native files were written for. */
const ARCHITECTURES: readonly string[] = ["x64", "arm64"];

/**
 * Loads koffi, an optional package; everything else of svc works without it. With `SVC_NO_NATIVE=1` in the environment it is
 * left out: to test that, and as a way out where it makes trouble. `use` is given the library; what it throws is a cause too.
 */
export function withLibrary<T>(env: Readonly<Record<string, string | undefined>>, use: (library: Library) => T): T | Missing {
  if (env.SVC_NO_NATIVE === "1") return { missing: "SVC_NO_NATIVE is set" };
  if (process.platform !== "linux" || !ARCHITECTURES.includes(process.arch)) {
    return { missing: `it does not know ${process.platform} on ${process.arch}` };
  }
  try {
    return use(loadLibrary());
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { missing: code === "MODULE_NOT_FOUND" ? "koffi is not installed" : `koffi cannot be loaded: ${message}` };
  }
}

/** All that are used return an int. */
export type NativeFunction = (...args: readonly unknown[]) => number;

/** What of koffi is used: C functions of the process itself, and errno. */
export interface Library {
  /** Declares a C function. Variadic ones are declared with what they are given: so they are called on x64 and arm64 Linux. */
  declare(name: string, parameters: readonly string[]): NativeFunction;
  errno(): number;
  /** Where these bytes stand, for a C structure that points at them. They must be kept alive as long as it does. */
  address(bytes: Buffer): bigint;
}

interface Koffi {
  load(path: null): LibraryHandle;
  address(value: Buffer): bigint;
  errno(): number;
}

/** The C library is looked up in what is loaded already, so that its name (glibc, musl) does not matter. Throws where koffi cannot be loaded. */
export function loadLibrary(): Library {
  loaded ??= openLibrary();
  return loaded;
}

/** koffi keeps what is loaded and what is declared for ever (120 KB a time, measured), so each is done once. */
let loaded: Library | null = null;

function openLibrary(): Library {
  const koffi = loadKoffi();
  const library = koffi.load(null);
  const declared = new Map<string, NativeFunction>();
  return {
    declare: (name, parameters) => {
      const key = `${name}(${parameters.join()})`;
      const known = declared.get(key) ?? (library.func(name, "int", [...parameters]) as NativeFunction);
      declared.set(key, known);
      return known;
    },
    errno: () => koffi.errno(),
    address: (bytes) => koffi.address(bytes),
  };
}

/**
 * The binary alone: koffi's own JavaScript around it, and `require` of a binary, cost the supervisor 2 MB on Node 20 and 7 MB
 * on Node 24. Where a koffi of another layout is installed, as it is meant to be loaded.
 */
function loadKoffi(): Koffi {
  const require = createRequire(import.meta.url);
  const entry = require.resolve("koffi");
  const binary = binaryOf(createRequire(entry));
  if (binary === null) return require(entry) as Koffi;
  const module = { exports: {} };
  process.dlopen(module, binary);
  return module.exports as Koffi;
}

/** Looked up from koffi's own place: with some package managers only koffi sees the package that holds its binaries. */
function binaryOf(require: NodeJS.Require): string | null {
  const libc = isMusl() ? "musl" : process.platform;
  try {
    const binary = require.resolve(`@koromix/koffi-${process.platform}-${process.arch}/${libc}_${process.arch}/koffi.node`);
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}

/** musl's loader, which is its C library as well, is mapped into each process under a name of its own. */
function isMusl(): boolean {
  return readFileSync("/proc/self/maps", "latin1").includes("/ld-musl-");
}
