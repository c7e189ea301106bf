import { compileRules } from '../../engine/rule/compile.ts';
import type { Item, RuleDocument, Search } from '../../engine/rule/document.ts';
import { readPath, resolve } from '../../engine/rule/path.ts';
import { placeholders } from '../../engine/rule/placeholder.ts';
import type { Lists, RuleTest } from '../../engine/rule/rule.ts';

const itemsOf = (search: Search): readonly Item[] => {
  if (search.kind === 'item') return [search];
  return search.kind === 'element' ? itemsOf(search.body) : search.parts.flatMap(itemsOf);
};

/**
 * Values for the lists a rule needs, so that its tests can run where none are configured: what its own hits have in the
 * fields compared with a list. The misses then show that other values stay silent.
 */
export const exampleLists = ({ detection, tests }: RuleDocument): Lists => {
  const examples = new Map<string, Set<string>>();
  const hits = tests.filter(({ match }) => match);
  for (const item of detection.searches.flatMap(({ search }) => itemsOf(search))) {
    const { field } = item;
    if (field === null || !item.modifiers.includes('expand')) continue;
    const values = hits.flatMap(({ record }) => resolve(record, readPath(field)).values.map(({ value }) => value));
    for (const name of item.values.flatMap((value) => placeholders(String(value))))
      examples.set(
        name,
        new Set([...(examples.get(name) ?? []), ...values.filter((value) => typeof value === 'string')]),
      );
  }
  return Object.fromEntries([...examples].map(([name, values]) => [name, [...values]]));
};

/** A test that came out otherwise than it says. */
export interface FailedTest {
  readonly document: RuleDocument;
  readonly test: RuleTest;
}

/** Runs the tests of a rule; gives those that fail. */
export const failedTests = (document: RuleDocument, lists: Lists): readonly FailedTest[] => {
  const { ruleSet } = compileRules([document], { lists: { ...exampleLists(document), ...lists }, anyLogsource: true });
  return document.tests.flatMap((test) =>
    ruleSet.match(test.record).length > 0 === test.match ? [] : [{ document, test }],
  );
};
