import type { Clock } from "../../effects/clock.ts";
import type { Missing } from "../../effects/native/native.ts";
import type { NativeProcesses } from "../../effects/spawn/native-processes.ts";

export interface EndStrays {
  readonly clock: Clock;
  /** Of this life; null where no service was started. */
  readonly marker: string | null;
  /** Which instances may leave a daemon behind. */
  readonly spares: (instance: string) => boolean;
}

/** At the end of svc: what it has adopted, and no tree knows of. Without a native part it adopts nobody. */
export async function endStraysOf(native: NativeProcesses | Missing, { marker, ...rest }: EndStrays): Promise<void> {
  if ("missing" in native || native.orphans()?.length === 0) return;
  const { endStrays } = await import("../../effects/tree/strays.ts");
  const { orphans, cameWithChildren } = native;
  await endStrays({ ...rest, orphans, cameWithChildren, marker: marker ?? "" });
}
