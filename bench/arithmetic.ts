/** Middle value; of an even number of values the mean of the two in the middle. NaN for none. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
};

/** Median with the least and the greatest value, which tell how far to trust it. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  least: Math.min(...values),
  greatest: Math.max(...values),
});

/**
 * Ratios of one variant to another, round by round: both ran within the same seconds, so what the machine did meanwhile
 * to one it did to the other.
 *
 * @param rounds each round's value of every variant
 */
export const ratios = (
  rounds: readonly ReadonlyMap<string, number>[],
  variant: string,
  floor: string,
): readonly number[] =>
  rounds.flatMap((round) => {
    const [above, below] = [round.get(variant), round.get(floor)];
    return above === undefined || below === undefined ? [] : [above / below];
  });

/** The items, begun one further on in each turn: no variant always runs first. */
export const rotated = <T>(items: readonly T[], turn: number): readonly T[] => {
  const at = items.length === 0 ? 0 : turn % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
};

/**
 * What Lambda charges for a million records, in GB-seconds.
 *
 * @param seconds how long the function ran for `records` records
 * @param memory of the function, in MB as Lambda counts them (1 GB = 1,024 MB)
 */
export const gigabyteSecondsPerMillion = (seconds: number, records: number, memory: number): number =>
  ((seconds * memory) / 1024 / records) * 1e6;
