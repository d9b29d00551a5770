import type { Service, ServiceContext, ServiceFunction } from "../../core/config/service-types.ts";

/** A service as the author wrote it (a class, a function, an object), behind one face. */
export interface Runnable {
  /** One run. Of a function the first call tells whether it is the work or makes the service. */
  run(): Promise<void>;
  /** Calls the service's own `stop()`, where there is one by now. Rejects with what it throws. */
  stop(): Promise<void>;
  /** A class that neither has a `stop()` nor looks at its context. */
  readonly deaf: boolean;
}

/** Constructs a class at once. Throws a TypeError for what is no service, and whatever the constructor throws. */
export function createRunnable(work: unknown, label: string, context: ServiceContext): Runnable {
  let service = typeof work === "function" && !isClass(work) ? null : serviceOf(work, label, context);
  const stop = async (): Promise<void> => {
    await service?.stop?.();
  };
  const call = async (): Promise<Service | null> => {
    const made = await (work as ServiceFunction)(context);
    if (!isService(made)) return null;
    service = made;
    if (!context.signal.aborted) return made;
    // The stop came while the factory was at work, so this service was not asked yet, and must not begin.
    await stop();
    return null;
  };
  return {
    run: async () => {
      const ready = service ?? (await call());
      await ready?.run(context);
    },
    stop,
    deaf: isClass(work) && service !== null && service.stop === undefined && service.run.length === 0,
  };
}

function serviceOf(work: unknown, label: string, context: ServiceContext): Service {
  const made: unknown = isClass(work) ? new work(context.options) : work;
  if (isService(made)) return made;
  const what = isClass(work) ? `class ${work.name || label} has no run()` : "it is no class, no function and no object with run()";
  throw new TypeError(`cannot run ${label}: ${what}`);
}

function isService(value: unknown): value is Service {
  return (typeof value === "object" || typeof value === "function") && value !== null && typeof (value as Service).run === "function";
}

/** Also one that a compiler has turned into a function. */
function isClass(work: unknown): work is new (options: unknown) => unknown {
  if (typeof work !== "function") return false;
  return /^class\b/.test(Function.prototype.toString.call(work)) || typeof work.prototype?.run === "function";
}
