import { relative } from "node:path";
import { CONFIG_WATCH, changeText, troubleText, type Watch, type WatchNews, type WatchRequest } from "../core/watching.ts";
import type { Watcher } from "../effects/watcher.ts";
import { restartChanged } from "./commands/restart-changed.ts";
import type { FleetContext } from "./fleet/fleet.ts";
import { shortageIn } from "./unit/shortage.ts";

/** The files that services, and the config, are watched for. */
export interface Watching {
  /** Begins, or takes over what a reload has changed. */
  refresh(): void;
  close(): void;
}

/** `reload`: called when the config file has changed; null where it is not watched. */
export function watchFiles(fleet: FleetContext, reload: (() => void) | null): Watching {
  const { startWatcher, logs } = fleet.world;
  const rolls = new Map<string, AbortController>();
  let watcher: Watcher | null = null;
  let known = "";
  let closed = false;

  const onNews = (news: WatchNews): void => {
    if (closed || fleet.fleet.tag !== "up") return;
    if (news.kind === "changed" && news.name === CONFIG_WATCH) {
      logs.say(`${changeText(shown(fleet, news.path), 0)}, reloading`);
      reload?.();
    } else if (news.kind === "changed") {
      restartChanged(fleet, rolls, news.name, changeText(shown(fleet, news.path), news.others));
    } else {
      logs.say(wordsOn(fleet, news));
    }
  };
  const begin = async (request: WatchRequest): Promise<void> => {
    const started = await startWatcher?.(request, onNews);
    if (closed || JSON.stringify(request) !== known) started?.close();
    else watcher = started ?? null;
  };
  const failed = (error: NodeJS.ErrnoException): void => {
    const code = shortageIn(error);
    if (code === null) throw error;
    onNews({ kind: "trouble", code, message: error.message });
    // The next reload tries again.
    known = "";
  };
  return {
    refresh: () => {
      const request = requestOf(fleet, reload !== null);
      if (JSON.stringify(request) === known) return;
      known = JSON.stringify(request);
      watcher?.close();
      watcher = null;
      if (request.watches.length > 0) begin(request).catch(failed);
    },
    close: () => {
      closed = true;
      watcher?.close();
    },
  };
}

function requestOf({ spec }: FleetContext, watchConfig: boolean): WatchRequest {
  const services = spec.services
    .filter(({ watch }) => watch.length > 0)
    .map((service): Watch => ({ name: service.name, paths: service.watch }));
  const config: Watch[] = watchConfig ? [{ name: CONFIG_WATCH, paths: [spec.file] }] : [];
  const logFiles = spec.services.flatMap(({ log }) => log?.file ?? []);
  return { watches: [...services, ...config], logFiles: [...new Set(logFiles)] };
}

function wordsOn(fleet: FleetContext, news: Exclude<WatchNews, { kind: "changed" }>): string {
  switch (news.kind) {
    case "ready":
      return `watching for changes: ${
        requestOf(fleet, false)
          .watches.map(({ name }) => name)
          .join(", ") || "the config"
      }`;
    case "missing":
      return `${news.name}: cannot find ${shown(fleet, news.path)} to watch it${/[*?{[]/.test(news.path) ? "; patterns are not understood here: name files and folders" : ""}`;
    case "trouble":
      return troubleText(news.code, news.message);
  }
}

/** As it is written in the config, where it lies beside or below it. */
function shown({ spec }: FleetContext, path: string): string {
  const below = relative(spec.folder, path);
  return below === "" || below.startsWith("../") ? path : below;
}
