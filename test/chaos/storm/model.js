// What the commands ask for, taken one after the other: which instances there are, and which of them are wanted.

/** `services` as in the config; all of them have been started. */
export function createModel(services) {
  const wanted = new Map(Object.entries(services).map(([name, { instances = 1 }]) => [name, Array(instances).fill(true)]));
  const model = {
    instances: (service) => wanted.get(service).length,
    start: ({ names: [name] }) => {
      for (const index of indices(name)) set(name, index, true);
      if (indices(name).length > 0) bring(serviceOf(name));
    },
    stop: ({ names: [name] }) => {
      for (const index of indices(name)) set(name, index, false);
    },
    restart: (params) => model.start(params),
    scale: ({ name, count }) => {
      const all = wanted.get(name);
      const fill = all.length === 0 || all.includes(true);
      wanted.set(name, [...all, ...Array(count).fill(fill)].slice(0, count));
      if (fill && count > all.length) bring(name);
    },
    /** What does not fit in the rows of `list`. */
    differences: (rows) => [...wanted].flatMap(([service, all]) => differences(service, all, rows)),
  };

  function indices(name) {
    const [service, instance] = name.split(".");
    return instance === undefined ? wanted.get(service).map((_, index) => index) : [Number(instance) - 1];
  }
  function set(name, index, value) {
    wanted.get(serviceOf(name))[index] = value;
  }
  function bring(service) {
    for (const needed of services[service].dependsOn ?? []) {
      wanted.set(needed, wanted.get(needed).fill(true));
      bring(needed);
    }
  }
  function differences(service, all, rows) {
    const shown = rows.filter((row) => row.service === service);
    if (shown.length !== all.length) return [`${service} has ${shown.length} instances, not ${all.length}`];
    return shown.flatMap(({ name, instance, state }) => {
      const allowed = allowedStates(service, all[instance - 1], rows);
      return allowed.includes(state) ? [] : [`${name} is ${state}, not ${allowed.join(" or ")}`];
    });
  }
  /** What has started stays when a dependency is stopped by command; what has not waits for it. */
  function allowedStates(service, value, rows) {
    const lacks = (services[service].dependsOn ?? []).some((needed) =>
      rows.some((row) => row.service === needed && row.state !== "running"),
    );
    if (!value) return ["stopped"];
    return lacks ? ["running", "waiting"] : ["running"];
  }
  return model;
}

function serviceOf(name) {
  return name.split(".")[0];
}
