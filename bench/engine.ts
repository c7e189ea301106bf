import { showBytes, showCount } from '../cli/terminal/units.ts';
import { median } from './arithmetic.ts';
import { makeBigFile } from './big-file.ts';
import { runTrailwarden } from './command.ts';
import { type Corpus, makeCorpus, manyOf, mixed, tiny, unique } from './corpus.ts';
import { measurePeers } from './peers.ts';
import { type BenchResult, type Section, type Target, target, times } from './result.ts';
import { ask, type Contender, type Rounds, runRounds } from './rounds.ts';
import { ruleSetFile } from './rule-sets.ts';
import type { Variant } from './work.ts';

export interface EngineOptions {
  readonly runs: number;
  /** 200 MB corpora as in published figures, instead of what three minutes allow. */
  readonly full: boolean;
  /** The scan of one file of 866 MB as well. */
  readonly big: boolean;
  readonly say: (line: string) => void;
}

type Part = Pick<BenchResult, 'sections' | 'targets'>;

const RULES = [100, 500, 1000] as const;

/** What on-delivery does with a file's bytes. */
const HASHED = '1000 rules and SHA-256';
/** What it would cost without the sieve. */
const PARSED = '1000 rules, every record parsed';

const contender = (corpus: Corpus, name: string, variant: Variant, rules?: number): Contender => ({
  name,
  asked: {
    kind: 'passes',
    variant,
    folder: corpus.folder,
    ...(rules === undefined ? {} : { rules: ruleSetFile(rules) }),
    warmUps: 2,
    passes: 3,
  },
});

const describe = ({ files, records, storedBytes, inflatedBytes }: Corpus): string =>
  `${showCount(files)} files, ${showCount(records)} records, ${showBytes(storedBytes)} stored, ${showBytes(inflatedBytes)} inflated`;

const row = (corpus: Corpus, rounds: Rounds, name: string, label: string): readonly string[] => {
  const cpu = rounds.cpu(name);
  const answer = rounds.answer(name);
  const { median: ratio, least, greatest } = rounds.ratio(name, 'parse');
  return [
    label,
    cpu.toFixed(0),
    (corpus.inflatedBytes / 1000 / cpu).toFixed(0),
    times(rounds.ratio(name, 'gunzip').median),
    times(ratio),
    `${least.toFixed(2)}–${greatest.toFixed(2)}`,
    answer === undefined || name === 'gunzip' || name === 'parse' ? '-' : showCount(answer.matches),
  ];
};

/** A variant that read fewer records than there are would look fast. */
const checkCounts = (corpus: Corpus, rounds: Rounds, names: readonly string[]): void => {
  for (const name of names) {
    const records = rounds.answer(name)?.records;
    if (records !== corpus.records)
      throw new Error(`${name} read ${records} of ${corpus.records} records of ${corpus.name}`);
  }
};

const measureCorpus = async (
  corpus: Corpus,
  about: string,
  rules: readonly number[],
  { runs, say }: EngineOptions,
): Promise<{ readonly section: Section; readonly rounds: Rounds }> => {
  const named = rules.map((count) => ({ name: `${count} rules`, count }));
  const contenders = [
    contender(corpus, 'gunzip', 'gunzip'),
    contender(corpus, 'parse', 'parse'),
    ...named.map(({ name, count }) => contender(corpus, name, 'detect', count)),
    contender(corpus, HASHED, 'hashed', 1000),
    contender(corpus, PARSED, 'parsed', 1000),
  ];
  const rounds = await runRounds(contenders, runs, (name) => say(`${corpus.name}: ${name}`));
  checkCounts(corpus, rounds, ['parse', HASHED, PARSED, ...named.map(({ name }) => name)]);
  const rows = [
    row(corpus, rounds, 'gunzip', 'gunzipSync'),
    row(corpus, rounds, 'parse', 'gunzipSync + JSON.parse, no rules'),
    ...named.map(({ name }) => row(corpus, rounds, name, `Trailwarden, ${name}`)),
    row(corpus, rounds, HASHED, `Trailwarden, ${HASHED}`),
    row(corpus, rounds, PARSED, `Trailwarden, ${PARSED}`),
  ];
  const columns = ['variant', 'CPU ms', 'MB/s', '÷ gunzipSync', '÷ floor', 'least–greatest', 'matches'];
  const section = { title: `Corpus ${corpus.name}`, note: `${about} ${describe(corpus)}.`, columns, rows };
  return { section, rounds };
};

const measureCorpora = async (options: EngineOptions): Promise<Part> => {
  const size = options.full ? 200e6 : 50e6;
  const usual = await measureCorpus(
    makeCorpus(mixed(size)),
    'An ordinary organization; file sizes by the log-normal law.',
    RULES,
    options,
  );
  const worst = await measureCorpus(
    makeCorpus(unique(size / 2)),
    'Worst case: caller, address, agent and request differ in every record, so nothing can be remembered.',
    [1000],
    options,
  );
  const small = await measureCorpus(
    makeCorpus(tiny(size / 5)),
    'Tiny files: the handful of records of a quiet account.',
    [1000],
    options,
  );
  const targets = [
    target('1,000 rules ÷ floor', usual.rounds.ratio('1000 rules', 'parse').median, '×', { most: 1.15 }),
    target('1,000 rules ÷ 100 rules', usual.rounds.ratio('1000 rules', '100 rules').median, '×', { most: 1.05 }),
    target('worst case, 1,000 rules ÷ floor', worst.rounds.ratio('1000 rules', 'parse').median, '×', { most: 2 }),
  ];
  return { sections: [usual.section, worst.section, small.section], targets };
};

const measureInit = async ({ runs, say }: EngineOptions): Promise<Part> => {
  const rows: (readonly string[])[] = [];
  const targets: Target[] = [];
  for (const count of RULES) {
    say(`init: ${count} rules`);
    const rules = ruleSetFile(count);
    const times: number[] = [];
    for (let turn = 0; turn < runs; turn += 1) times.push(...(await ask({ kind: 'init', rules })).cpu);
    rows.push([
      showCount(count),
      median(times).toFixed(0),
      `${Math.min(...times).toFixed(0)}–${Math.max(...times).toFixed(0)}`,
    ]);
    if (count === 500) targets.push(target('initialising 500 rules', median(times), 'ms', { most: 60 }));
  }
  const note =
    'From the JSON a bundle holds to the first records judged, in a file and one by one (an everyday call, and one a shipped rule is about), in a ' +
    'fresh process that has loaded the engine and nothing else; loading it is not in it.';
  return { sections: [{ title: 'Cold start', note, columns: ['rules', 'CPU ms', 'least–greatest'], rows }], targets };
};

const scan = (corpus: Corpus | string, jobs: number) =>
  runTrailwarden([
    'scan',
    typeof corpus === 'string' ? corpus : corpus.folder,
    '--jobs',
    String(jobs),
    '--format',
    'ndjson',
  ]);

const measureScan = async ({ runs, full, say }: EngineOptions): Promise<Part> => {
  // 2 GB: starting up, in which one thread reads the rules, is then a small part of it.
  const corpus = manyOf(makeCorpus(mixed(full ? 200e6 : 50e6)), full ? 10 : 40);
  const rows: (readonly string[])[] = [];
  const speedUps: number[] = [];
  const walls = new Map<number, number[]>();
  const cpus = new Map<number, number[]>();
  for (let turn = 0; turn < runs; turn += 1) {
    const round = new Map<number, number>();
    for (const jobs of turn % 2 === 0 ? [1, 2] : [2, 1]) {
      say(`scan: ${jobs} thread${jobs === 1 ? '' : 's'}`);
      const { wallSeconds, cpuSeconds } = await scan(corpus, jobs);
      cpus.set(jobs, [...(cpus.get(jobs) ?? []), cpuSeconds]);
      round.set(jobs, wallSeconds);
      walls.set(jobs, [...(walls.get(jobs) ?? []), wallSeconds]);
    }
    speedUps.push((round.get(1) ?? Number.NaN) / (round.get(2) ?? Number.NaN));
  }
  for (const [jobs, seconds] of [...walls].sort(([a], [b]) => a - b)) {
    const wall = median(seconds);
    const perSecond = showCount(Math.round(corpus.records / wall));
    const cpu = median(cpus.get(jobs) ?? []);
    rows.push([
      String(jobs),
      wall.toFixed(2),
      cpu.toFixed(2),
      (corpus.inflatedBytes / 1e6 / wall).toFixed(0),
      perSecond,
    ]);
  }
  const note = `The whole command with the project's rules, start-up included, on ${describe(corpus)}.`;
  const section = {
    title: '`trailwarden scan --jobs`',
    note,
    columns: ['threads', 'wall s', 'CPU s', 'MB/s', 'records/s'],
    rows,
  };
  return { sections: [section], targets: [target('two threads ÷ one, wall', median(speedUps), '×', { least: 1.6 })] };
};

const measureBig = async ({ say }: EngineOptions): Promise<Part> => {
  say('one file of 866 MB: making it');
  const { path, storedBytes } = await makeBigFile();
  say('one file of 866 MB: scanning it');
  const run = await scan(path, 1);
  const rows = [
    [showBytes(storedBytes), '866 MB', run.wallSeconds.toFixed(1), run.cpuSeconds.toFixed(1), showBytes(run.peakBytes)],
  ];
  const columns = ['stored', 'inflated', 'wall s', 'CPU s', 'peak RSS'];
  const note =
    'One log file whose text is longer than a string can be; `trailwarden scan` with the rules of the project.';
  const peak = target('peak RSS of scan on it', run.peakBytes / 1e6, 'MB', { most: 256 });
  return { sections: [{ title: 'One very large file', note, columns, rows }], targets: [peak] };
};

/** Speed of the engine: corpora, start-up, threads, a very large file, and the tools a user would pick instead. */
export const benchEngine = async (options: EngineOptions): Promise<Part> => {
  const parts: Part[] = [await measureCorpora(options), await measureInit(options), await measureScan(options)];
  if (options.big) parts.push(await measureBig(options));
  // Of 400 MB starting up is a small part, for all of them.
  const peers = await measurePeers(
    manyOf(makeCorpus(mixed(options.full ? 200e6 : 50e6)), options.full ? 2 : 8),
    options,
  );
  const sections = [...parts.flatMap((part) => part.sections), peers];
  return { sections, targets: parts.flatMap((part) => part.targets) };
};
