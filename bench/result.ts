/** A figure with what it should be. */
export interface Target {
  readonly what: string;
  readonly value: number;
  /** As it is shown: `1.07 ×`, `43 ms`. */
  readonly shown: string;
  readonly wanted: { readonly most: number } | { readonly least: number };
  readonly unit: '×' | 'ms' | 'MB';
}

/** A table of a result; cells are text already. */
export interface Section {
  readonly title: string;
  /** What the figures mean, in a sentence or two. */
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What one bench came to. */
export interface BenchResult {
  readonly bench: 'engine' | 'verify' | 'delivery';
  /** ISO 8601. */
  readonly at: string;
  readonly machine: string;
  readonly command: string;
  readonly sections: readonly Section[];
  readonly targets: readonly Target[];
}

export const isMet = ({ value, wanted }: Target): boolean =>
  'most' in wanted ? value <= wanted.most : value >= wanted.least;

/** `1.07 ×`. */
export const times = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ×`;

const show = (value: number, unit: Target['unit']): string =>
  unit === '×' ? times(value) : `${Math.round(value)} ${unit}`;

export const target = (what: string, value: number, unit: Target['unit'], wanted: Target['wanted']): Target => ({
  what,
  value,
  shown: show(value, unit),
  wanted,
  unit,
});

/** Targets as a table of their own. */
export const targetSection = (targets: readonly Target[]): Section => ({
  title: 'Targets',
  note: 'What this project set itself, and this run.',
  columns: ['what', 'measured', 'target', ''],
  rows: targets.map((one) => [
    one.what,
    one.shown,
    'most' in one.wanted ? `≤ ${show(one.wanted.most, one.unit)}` : `≥ ${show(one.wanted.least, one.unit)}`,
    isMet(one) ? 'met' : 'missed',
  ]),
});
