import { gunzipSync } from 'node:zlib';
import { detect } from '../engine/detect.ts';
import { inflateMember, releaseBytes } from '../engine/record/gzip.ts';
import { isJsonObject } from '../engine/record/json.ts';
import { readDocument, readLogFile } from '../engine/record/log-file.ts';
import type { NumberedRecord } from '../engine/record/record.ts';
import { type Sieve, sift } from '../engine/record/sift.ts';
import { compileRules } from '../engine/rule/compile.ts';
import type { RuleSet } from '../engine/rule/rule.ts';
import { readRuleSet } from './rule-sets.ts';

/** What a pass over a corpus came to: a variant that reads fewer records than another is not faster, but wrong. */
export interface PassCount {
  readonly records: number;
  readonly matches: number;
}

/** One pass of a variant over all files of a corpus. */
type Pass = (files: readonly Buffer[]) => PassCount;

/**
 * `gunzip` and `parse` are the floors. `detect` inflates, sifts and evaluates rules on what is left; `parsed` evaluates
 * them on every record, parsed; `hashed` is `detect` as the functions do it, with the SHA-256 the ledger keeps for the
 * digest to be compared with.
 */
export type Variant = 'gunzip' | 'parse' | 'detect' | 'parsed' | 'hashed';

const MAX_BYTES = 256 * 1024 * 1024;

const gunzip: Pass = (files) => {
  for (const bytes of files) gunzipSync(bytes);
  return { records: 0, matches: 0 };
};

/** What everybody writes: inflate, decode, parse, walk over the records. */
const parse: Pass = (files) => {
  let records = 0;
  for (const bytes of files) {
    const document: { readonly Records: readonly unknown[] } = JSON.parse(gunzipSync(bytes).toString('utf8'));
    for (const record of document.Records) if (record !== null) records += 1;
  }
  return { records, matches: 0 };
};

interface Read {
  /** Records that the rules may match. */
  readonly records: readonly NumberedRecord[];
  /** The number of the others. */
  readonly quiet: number;
}

const readSifted = (bytes: Buffer, sieve: Sieve): Read => {
  const inflated = inflateMember(bytes, MAX_BYTES);
  if (inflated.kind === 'fault') throw new Error(`a file of the corpus cannot be read: ${inflated.reason}`);
  const sifted = sift(inflated.bytes, sieve);
  if (sifted === undefined) throw new Error('a file of the corpus is no log file');
  releaseBytes(inflated.bytes);
  const records = sifted.looks.flatMap(({ index, value }) => (isJsonObject(value) ? [{ index, record: value }] : []));
  return { records, quiet: sifted.quiet };
};

const readParsed = (bytes: Buffer): Read => {
  const inflated = inflateMember(bytes, MAX_BYTES);
  if (inflated.kind === 'fault') throw new Error(`a file of the corpus cannot be read: ${inflated.reason}`);
  const content = readDocument(JSON.parse(inflated.bytes.toString('utf8')));
  if (content?.kind !== 'records') throw new Error(`a file of the corpus is no log file: ${content?.kind}`);
  return { records: content.records, quiet: 0 };
};

const readHashed = (bytes: Buffer, sieve: Sieve): Read => {
  const file = readLogFile(bytes, { maxBytes: MAX_BYTES, sieve });
  if (file.kind !== 'records') throw new Error(`a file of the corpus is no log file: ${file.kind}`);
  return file;
};

const detectWith = (ruleSet: RuleSet, read: (bytes: Buffer, sieve: Sieve) => Read): Pass => {
  const sieve = ruleSet.sieve();
  return (files) => {
    const counts = { records: 0, matches: 0 };
    for (const bytes of files) {
      const { records, quiet } = read(bytes, sieve);
      counts.records += records.length + quiet;
      counts.matches += detect(records, ruleSet).length;
    }
    return counts;
  };
};

/** Makes a variant ready to run. */
export const passOf = (variant: Variant, rules: string | undefined): Pass => {
  if (variant === 'gunzip') return gunzip;
  if (variant === 'parse') return parse;
  if (rules === undefined) throw new Error(`${variant} needs a rule set`);
  const { documents, lists } = readRuleSet(rules);
  const { ruleSet } = compileRules(documents, { lists });
  const reads = { detect: readSifted, parsed: readParsed, hashed: readHashed };
  return detectWith(ruleSet, reads[variant]);
};
