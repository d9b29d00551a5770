/** Reproducible chance: the same seed gives the same throws. */
export function createDice(seed) {
  let state = seed >>> 0;
  // mulberry32, by Tommy Ettinger: public domain.
  const roll = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(roll() * count);
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: (share) => roll() < share,
    pick: (list) => list[below(list.length)],
    /** A copy in another order (Fisher and Yates). */
    shuffle: (list) => {
      const copy = [...list];
      for (let last = copy.length - 1; last > 0; last--) {
        const other = below(last + 1);
        [copy[last], copy[other]] = [copy[other], copy[last]];
      }
      return copy;
    },
  };
}
