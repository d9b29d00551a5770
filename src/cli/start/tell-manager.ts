import type { FleetContext } from "../../supervisor/fleet/fleet.ts";

/** Reports to the service manager that started svc, if one did and wants to know: systemd, for units of `Type=notify`. */
export async function tellManager(fleet: FleetContext, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  if (env.NOTIFY_SOCKET === undefined) return;
  const [{ openServiceManager }, { reportTo }] = await Promise.all([
    import("../../effects/sockets/service-manager.ts"),
    import("../../supervisor/report/report.ts"),
  ]);
  const tell = openServiceManager(env);
  if (tell === null) return;
  reportTo(fleet, { onUp: () => tell("READY=1"), onStopping: () => tell("STOPPING=1") });
}
