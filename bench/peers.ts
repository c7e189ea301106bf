import { createRequire } from 'node:module';
import { join } from 'node:path';
import { median } from './arithmetic.ts';
import { runShell, runTrailwarden } from './command.ts';
import type { Corpus } from './corpus.ts';
import { CACHE } from './folders.ts';
import type { Section } from './result.ts';

/** A tool a user would pick, asked one question of the same files. */
interface Peer {
  readonly name: string;
  /** A shell command that succeeds where the tool is there. */
  readonly present: string;
  /** The question, on the files under `$1`, as a shell command. */
  readonly question: (folder: string) => string;
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const NAMES = ['StopLogging', 'DeleteTrail', 'UpdateTrail'] as const;
const AGENT = 'trufflehog';

/** `@duckdb/node-api` of the project if someone installed it, or of bench/.cache/peers. */
const duckdb = (): string | undefined => {
  for (const from of [import.meta.filename, join(CACHE, 'peers', 'x.js')])
    try {
      return createRequire(from).resolve('@duckdb/node-api');
    } catch {
      // Not here: looked for elsewhere, and in the end the table says so.
    }
  return undefined;
};

const duckdbScript = (module: string, folder: string): string => `
const { DuckDBInstance } = require(${JSON.stringify(module)});
(async () => {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const columns = "{Records: 'STRUCT(eventName VARCHAR, userAgent VARCHAR)[]'}";
  const reader = await connection.runAndReadAll(
    \`SELECT count(*) FROM (SELECT unnest(Records) AS r FROM read_json('${folder}/*.json.gz', columns = \${columns}, format = 'unstructured', maximum_object_size = 100000000))
     WHERE r.eventName IN (${NAMES.map((name) => `'${name}'`).join(', ')}) OR lower(r.userAgent) LIKE '%${AGENT}%'\`);
  console.log(reader.getRows());
})();`;

const pythonScript = (module: string): string => `
import gzip, glob, sys
import ${module} as json
names = {${NAMES.map((name) => `'${name}'`).join(', ')}}
n = 0
for path in glob.glob(sys.argv[1] + '/*.json.gz'):
    for r in json.loads(gzip.open(path).read())['Records']:
        if r['eventName'] in names or '${AGENT}' in r.get('userAgent', '').lower(): n += 1
print(n)`;

const jqFilter = `[.Records[] | select((.eventName | IN(${NAMES.map((name) => `"${name}"`).join(', ')})) or ((.userAgent // "") | ascii_downcase | contains("${AGENT}")))] | length`;

const python = (module: string): Peer => ({
  name: module === 'json' ? 'Python json' : `Python ${module}`,
  present: `python3 -c 'import ${module}'`,
  question: (folder) => `python3 -c ${quote(pythonScript(module))} ${quote(folder)}`,
});

const duckdbPeer = (): Peer => {
  const module = duckdb();
  return {
    name: 'DuckDB, schema given, 1 thread',
    present: module === undefined ? 'false' : 'true',
    question: (folder) => `${quote(process.execPath)} -e ${quote(duckdbScript(module ?? '', folder))}`,
  };
};

const peers = (): readonly Peer[] => [
  duckdbPeer(),
  python('orjson'),
  python('json'),
  {
    name: 'jq',
    present: 'command -v jq',
    question: (folder) => `zcat ${quote(folder)}/*.json.gz | jq -c ${quote(jqFilter)} | tail -1`,
  },
  {
    name: 'ripgrep -z (bytes, not fields)',
    present: 'command -v rg',
    question: (folder) =>
      `rg -z -j1 -o ${quote(`"eventName":"(${NAMES.join('|')})"|${AGENT}`)} ${quote(folder)} -g '*.json.gz' | wc -l`,
  },
  {
    name: 'rsigma',
    present: 'command -v rsigma && command -v jq',
    question: (folder) =>
      `zcat ${quote(folder)}/*.json.gz | jq -c '.Records[]' | rsigma engine eval --rules rules | wc -l`,
  },
  {
    name: 'gzip -dc > /dev/null (no question)',
    present: 'command -v gzip',
    question: (folder) => `gzip -dc ${quote(folder)}/*.json.gz > /dev/null`,
  },
];

interface Timing {
  readonly wall: number;
  readonly cpu: number;
}

const measurePeer = async (peer: Peer, folder: string, runs: number): Promise<Timing | undefined> => {
  if ((await runShell(`${peer.present} >/dev/null 2>&1`)).exitCode !== 0) return undefined;
  const walls: number[] = [];
  const cpus: number[] = [];
  for (let turn = 0; turn < runs; turn += 1) {
    const run = await runShell(`set -o pipefail; ${peer.question(folder)}`);
    if (run.exitCode !== 0) throw new Error(`${peer.name} failed: ${run.errors.slice(-400)}`);
    walls.push(run.wallSeconds);
    cpus.push(run.cpuSeconds);
  }
  return { wall: median(walls), cpu: median(cpus) };
};

const measureOwn = async (folder: string, runs: number): Promise<Timing> => {
  const walls: number[] = [];
  const cpus: number[] = [];
  for (let turn = 0; turn < runs; turn += 1) {
    const run = await runTrailwarden(['scan', folder, '--jobs', '1', '--format', 'ndjson']);
    walls.push(run.wallSeconds);
    cpus.push(run.cpuSeconds);
  }
  return { wall: median(walls), cpu: median(cpus) };
};

/** Whole processes on the same files: ours with all its rules, each peer with one question. */
export const measurePeers = async (
  corpus: Corpus,
  { runs, say }: { readonly runs: number; readonly say: (line: string) => void },
): Promise<Section> => {
  const turns = Math.min(runs, 3);
  say('peers: trailwarden');
  const own = await measureOwn(corpus.folder, turns);
  const rows = [['Trailwarden, all its rules, 1 thread', own.wall.toFixed(2), own.cpu.toFixed(2), '1.00 ×']];
  for (const peer of peers()) {
    say(`peers: ${peer.name}`);
    const timing = await measurePeer(peer, corpus.folder, turns);
    rows.push(
      timing === undefined
        ? [peer.name, 'not here', 'not here', '-']
        : [peer.name, timing.wall.toFixed(2), timing.cpu.toFixed(2), `${(timing.cpu / own.cpu).toFixed(2)} ×`],
    );
  }
  return {
    title: 'Beside tools a user would pick',
    note: `Whole processes, start-up included, on the corpus ${corpus.name}. Each tool answers one question (three event names, or an agent that contains “${AGENT}”), Trailwarden evaluates all its rules. rsigma takes the rules, fed by jq.`,
    columns: ['tool', 'wall s', 'CPU s', 'CPU ÷ ours'],
    rows,
  };
};
