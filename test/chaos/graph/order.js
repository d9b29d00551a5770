// What must stand before what: in the marks, whose order is the order of what happened, and in svc's own stamps.

/** What of the dependency must have happened before the dependent may start. */
const BEFORE = { ready: "ready", healthy: "healthy", completed: "end", ended: "end" };

/** `marks`: lines such as `s3 ready 1.5`; `rows`: those of `list` when all was up. Each violation as a sentence. */
export function violations(edges, marks, rows) {
  const at = new Map();
  for (const [index, line] of marks.entries()) {
    const key = line.split(" ").slice(0, 2).join(" ");
    if (at.has(key)) return [`there are two of ${key}`];
    at.set(key, index);
  }
  const row = new Map(rows.map((one) => [one.name, one]));
  const found = [];
  const inOrder = (first, second) => {
    if (!(at.get(first) < at.get(second))) found.push(`"${first}" does not stand before "${second}"`);
  };
  for (const { name, needed, condition } of edges) {
    const edge = `${name} depends on ${needed} (${condition})`;
    const [own, other] = [row.get(name), row.get(needed)];
    if (!(other.startedAt <= own.startedAt)) found.push(`${edge}: started at ${own.startedAt} and ${other.startedAt}`);
    if (BEFORE[condition] === "end" && !(other.lastExit?.at <= own.startedAt))
      found.push(`${edge}: started at ${own.startedAt}, and it ended at ${other.lastExit?.at}`);
    if (BEFORE[condition] !== undefined) inOrder(`${needed} ${BEFORE[condition]}`, `${name} start`);
    if (own.pid !== null && other.pid !== null) inOrder(`${name} end`, `${needed} term`);
  }
  return found;
}
