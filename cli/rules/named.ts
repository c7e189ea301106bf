import { existsSync, statSync } from 'node:fs';
import type { CloudTrailRecord } from '../../engine/record/record.ts';
import type { RuleDocument } from '../../engine/rule/document.ts';
import { readSource } from '../scan/read-source.ts';
import { readRuleDocuments } from '../scan/rule-files.ts';
import { UsageError } from '../usage-error.ts';

/**
 * The rules a person means: a file, or an id, title or file name among the rules given.
 *
 * @throws UsageError where there is none
 */
export const rulesNamed = (wanted: string, among: readonly string[]): readonly RuleDocument[] => {
  if (existsSync(wanted)) return readRuleDocuments([wanted]);
  const lower = wanted.toLowerCase();
  const found = readRuleDocuments(among).filter(({ rule }) => {
    const name = rule.source.file.split(/[\\/]/).at(-1) ?? '';
    return [rule.id, rule.title, name, name.replace(/\.ya?ml$/, '')].some((each) => each.toLowerCase() === lower);
  });
  if (found.length === 0) throw new UsageError(`'${wanted}' is no rule file and no id, title or file name of a rule`);
  return found;
};

const openNothing = async (): Promise<never> => {
  throw new UsageError('--event takes a file, or - for standard input');
};

/** Every record of a file of any shape `scan` reads, or of standard input (`-`). */
export const readEvents = async (path: string): Promise<readonly CloudTrailRecord[]> => {
  if (path !== '-' && !existsSync(path)) throw new UsageError(`--event ${path}: there is no such file`);
  const source =
    path === '-'
      ? ({ kind: 'stdin' } as const)
      : ({ kind: 'file', path, size: statSync(path).size, named: true } as const);
  const records: CloudTrailRecord[] = [];
  for await (const { content, fault } of readSource(source, openNothing)) {
    if (fault !== undefined) throw new UsageError(`--event ${path}: ${fault}`);
    records.push(...content.records);
  }
  if (records.length === 0) throw new UsageError(`--event ${path}: holds no CloudTrail record`);
  return records;
};
