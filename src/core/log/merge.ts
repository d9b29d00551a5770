/** Merges sequences that are in order of time (ISO 8601 stamps of one form) into one; of equal times, in the order of the sequences. */
export async function* mergeByTime<T extends { readonly time: string }>(
  sources: readonly AsyncIterable<readonly T[]>[],
): AsyncGenerator<T[]> {
  const heads = (await Promise.all(sources.map(openHead))).filter((head) => head !== null);
  while (heads.length > 0) {
    const first = earliest(heads);
    const limit = heads.filter((head) => head !== first).reduce<string | null>((least, head) => smaller(least, timeOf(head)), null);
    yield takeUpTo(first, limit);
    if (first.at === first.items.length && !(await refill(first))) heads.splice(heads.indexOf(first), 1);
  }
}

interface Head<T> {
  readonly source: AsyncIterator<readonly T[]>;
  items: readonly T[];
  at: number;
}

async function openHead<T>(source: AsyncIterable<readonly T[]>): Promise<Head<T> | null> {
  const head: Head<T> = { source: source[Symbol.asyncIterator](), items: [], at: 0 };
  return (await refill(head)) ? head : null;
}

async function refill<T>(head: Head<T>): Promise<boolean> {
  do {
    const next = await head.source.next();
    if (next.done === true) return false;
    head.items = next.value;
    head.at = 0;
  } while (head.items.length === 0);
  return true;
}

function timeOf<T extends { readonly time: string }>({ items, at }: Head<T>): string {
  return items[at]?.time ?? "";
}

function earliest<T extends { readonly time: string }>(heads: readonly Head<T>[]): Head<T> {
  return heads.reduce((best, head) => (timeOf(head) < timeOf(best) ? head : best));
}

function smaller(one: string | null, other: string): string {
  return one === null || other < one ? other : one;
}

/** The items that come before `limit`, and one at least. */
function takeUpTo<T extends { readonly time: string }>(head: Head<T>, limit: string | null): T[] {
  const from = head.at;
  do head.at += 1;
  while (head.at < head.items.length && (limit === null || timeOf(head) < limit));
  return head.items.slice(from, head.at);
}
