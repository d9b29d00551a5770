// One line a row: raw medians, and how many times a peer's figure is svc's. Less is better in every row unless it says so.

/** @typedef {{ title: string, unit: string, values: Record<string, number>, moreIsBetter?: boolean, base?: { name: string, value: number }, target?: { text: string, met: boolean }, note?: string }} Row */

/** Prints a row; returns whether svc is ahead of every peer in it and meets its target. */
export function printRow(row) {
  const { svc, ...peers } = row.values;
  const ratios = Object.entries(peers).map(([name, value]) => ({ name, ratio: row.moreIsBetter ? svc / value : value / svc }));
  const ahead = ratios.every(({ ratio }) => ratio > 1);
  const met = row.target?.met ?? true;
  console.log(`\n${row.title}`);
  console.log(`  ${[...raw(row)].join("   ")}`);
  if (svc !== undefined && ratios.length > 0) console.log(`  ${verdict(ahead)}: ${ratios.map(words).join(", ")}`);
  if (svc !== undefined && row.target) console.log(`  ${met ? "met" : "NOT MET"}: ${row.target.text}`);
  if (row.note) console.log(`  ${row.note}`);
  return ahead && met;
}

function* raw({ values, base, unit }) {
  for (const [name, value] of Object.entries(values)) yield `${name} ${figure(value)} ${unit}`;
  if (base) yield `${base.name} ${figure(base.value)} ${unit}`;
}

function verdict(ahead) {
  return ahead ? "svc is ahead" : "svc is BEHIND";
}

function words({ name, ratio }) {
  return `${figure(ratio)} x ${name}`;
}

/** Three digits say all that such a measurement can. */
function figure(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
