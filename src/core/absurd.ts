/** Makes a switch over a closed union exhaustive: a new member does not compile until every switch answers it. */
export function absurd(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
