/**
 * The candidate that was probably meant, or null. Case does not count; swapping two neighbours is one mistake. A word of up
 * to four characters may hold one mistake, a longer one a mistake for each three that it has begun; beyond that a guess misleads.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const wanted = word.toLowerCase();
  let best: { readonly candidate: string; readonly distance: number } | null = null;
  for (const candidate of candidates) {
    const distance = near(wanted, candidate.toLowerCase());
    if (distance !== null && (best === null || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate ?? null;
}

/** The end of a sentence about something unknown: `; did you mean "web"?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const guess = nearest(word, candidates);
  return guess === null ? "" : `; did you mean "${guess}"?`;
}

function near(word: string, candidate: string): number | null {
  const length = Math.max(word.length, candidate.length);
  const limit = length < 5 ? 1 : Math.ceil(length / 3);
  // A beginning ("env" of "environment", "healthcheck" for "health") is as good as the last guess within the limit.
  const begins = Math.min(word.length, candidate.length) >= 3 && (word.startsWith(candidate) || candidate.startsWith(word));
  if (Math.abs(word.length - candidate.length) > limit) return begins ? limit : null;
  const distance = editDistance(word, candidate);
  if (distance <= limit && distance < length) return distance;
  return begins ? limit : null;
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, each counting one. */
function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? beforeLast[j - 2]! + 1 : substitution;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, substitution, swap));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

/** So many names are read faster than looked up. */
const FEW_NAMES = 12;

/** `; known here: http, tcp` for who is near none of them; empty where they are many. */
export function knownHere(names: readonly string[]): string {
  return names.length > FEW_NAMES ? "" : `; known here: ${names.join(", ")}`;
}
