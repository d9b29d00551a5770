/** @param {readonly number[]} values */
export function median(values) {
  return percentile(values, 50);
}

/** The nearest-rank percentile: the smallest value that `percent` % of them do not exceed; the mean of the middle two for 50. */
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  if (percent === 50 && sorted.length % 2 === 0) return (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1];
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Rejects, saying what did not happen, where `promise` takes longer than `ms`; `detail()` is added to that sentence. */
export async function within(ms, what, promise, detail = () => "") {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not happen in ${ms / 1000} s; ${detail()}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
