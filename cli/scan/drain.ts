import type { TimeRange } from '../../engine/record/time-range.ts';
import { compileRules } from '../../engine/rule/compile.ts';
import type { RuleSet } from '../../engine/rule/rule.ts';
import { AT_A_TIME, openS3Object } from './objects.ts';
import type { Given } from './pool.ts';
import type { OpenObject } from './read-source.ts';
import { type FoundLine, scanSource, type Tally } from './scan-source.ts';
import type { Source } from './sources.ts';

/** A source and its place in the order of the command line. */
export interface NumberedSource {
  readonly number: number;
  readonly source: Source;
}

export interface Tools {
  readonly ruleSet: RuleSet;
  readonly range: TimeRange;
  readonly openObject: OpenObject;
}

export const toolsOf = ({ documents, lists, anyLogsource, range }: Given): Tools => ({
  ruleSet: compileRules(documents, { lists, anyLogsource }).ruleSet,
  range,
  openObject: openS3Object(),
});

/**
 * Scans sources until there are none left, taking their numbers from a counter that other threads take from, too:
 * pulling beats being handed work.
 *
 * @param done takes what each source came to; the next one waits for it
 */
export const drain = async (
  { sources, counter }: { readonly sources: readonly NumberedSource[]; readonly counter: SharedArrayBuffer },
  tools: Tools,
  found: (line: FoundLine) => void,
  done: (tally: Tally) => void | Promise<void>,
): Promise<void> => {
  const taken = new Int32Array(counter);
  const lane = async (): Promise<void> => {
    for (let turn = Atomics.add(taken, 0, 1); turn < sources.length; turn = Atomics.add(taken, 0, 1)) {
      const next = sources[turn];
      if (next === undefined) return;
      await done(await scanSource(next.source, next.number, tools, found));
    }
  };
  const lanes = sources.some(({ source }) => source.kind === 'object') ? AT_A_TIME : 1;
  await Promise.all(Array.from({ length: lanes }, lane));
};
