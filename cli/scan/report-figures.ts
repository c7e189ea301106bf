import { plainText } from '../../engine/finding/escape.ts';
import type { Finding, Severity } from '../../engine/finding/finding.ts';
import { LEVELS } from '../../engine/rule/rule.ts';

/** A bar of a chart: its name and how many findings of each severity. */
export interface Bar {
  readonly name: string;
  readonly counts: ReadonlyMap<Severity, number>;
  readonly total: number;
}

/** What the charts of a report show. */
export interface Figures {
  /** Findings over time; names are times. */
  readonly timeline: readonly Bar[];
  readonly rules: readonly Bar[];
  readonly principals: readonly Bar[];
  readonly places: readonly Bar[];
}

const BARS = 12;
const BUCKETS = 48;
/** Widths a reader can name, in seconds: a minute, five, a quarter, an hour, six hours, a day, a week, four weeks. */
const WIDTHS = [60, 300, 900, 3600, 21_600, 86_400, 604_800, 2_419_200] as const;

interface Counter {
  readonly count: (name: string, severity: Severity) => void;
  readonly bars: () => readonly Bar[];
}

const counter = (): Counter => {
  const counted = new Map<string, Map<Severity, number>>();
  return {
    count: (name, severity) => {
      const counts = counted.get(name) ?? new Map<Severity, number>();
      counts.set(severity, (counts.get(severity) ?? 0) + 1);
      counted.set(name, counts);
    },
    bars: () =>
      [...counted].map(([name, counts]) => ({ name, counts, total: [...counts.values()].reduce((a, b) => a + b, 0) })),
  };
};

const most = (bars: readonly Bar[]): readonly Bar[] => bars.toSorted((a, b) => b.total - a.total).slice(0, BARS);

const showBucket = (start: number, width: number): string => {
  const text = new Date(start).toISOString();
  return width >= 86_400 ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, 16)}`;
};

const timelineOf = (moments: readonly (readonly [time: number, severity: Severity])[]): readonly Bar[] => {
  const known = moments.filter(([time]) => time > 0);
  const first = known.reduce((least, [time]) => Math.min(least, time), Number.POSITIVE_INFINITY);
  const last = known.reduce((greatest, [time]) => Math.max(greatest, time), 0);
  if (known.length === 0) return [];
  const seconds =
    WIDTHS.find((width) => (last - first) / 1000 / width < BUCKETS) ?? (last - first) / 1000 / (BUCKETS - 1);
  const width = seconds * 1000;
  const start = Math.floor(first / width) * width;
  const counts = counter();
  for (const [time, severity] of known) counts.count(String(Math.floor((time - start) / width)), severity);
  const byBucket = new Map(counts.bars().map((bar) => [bar.name, bar]));
  const none: Omit<Bar, 'name'> = { counts: new Map(), total: 0 };
  return [...Array(Math.floor((last - start) / width) + 1).keys()].map((at) => ({
    ...(byBucket.get(String(at)) ?? none),
    name: showBucket(start + at * width, seconds),
  }));
};

/** Counts findings for the charts: over time, and the twelve most frequent rules, principals and places. */
export const countFigures = (): { readonly add: (finding: Finding) => void; readonly figures: () => Figures } => {
  const moments: (readonly [number, Severity])[] = [];
  const [rules, principals, places] = [counter(), counter(), counter()];
  return {
    add: (finding) => {
      const { severity, title, principal, account = 'no account', region = 'no Region' } = finding;
      moments.push([Date.parse(finding.firstSeen), severity]);
      rules.count(plainText(title, 60), severity);
      principals.count(plainText(principal?.name ?? principal?.arn ?? 'no principal', 60), severity);
      places.count(plainText(`${account} ${region}`, 60), severity);
    },
    figures: () => ({
      timeline: timelineOf(moments),
      rules: most(rules.bars()),
      principals: most(principals.bars()),
      places: most(places.bars()),
    }),
  };
};

/** Severities that occur, lowest first. */
export const severitiesIn = (bars: readonly Bar[]): readonly Severity[] =>
  LEVELS.filter((level) => bars.some(({ counts }) => counts.has(level)));
