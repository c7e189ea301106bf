/**
 * Runs Sigma conformance cases: `npm run conformance -- FILE…`. Prints each failing case and ends with
 * `N passed, N failed` over tier core; other tiers, and correlation cases, are counted on lines of their own.
 */
import { textAt } from '../../engine/record/record.ts';
import { casesIn, judge } from './judge-sigma.ts';

const run = (files: readonly string[]): number => {
  const counts = new Map<string, { passed: number; failed: number }>();
  let skipped = 0;
  for (const found of files.flatMap(casesIn)) {
    const verdict = judge(found);
    const tier = textAt(found, 'tier') ?? 'core';
    if (verdict === undefined) {
      skipped += 1;
      continue;
    }
    const count = counts.get(tier) ?? { passed: 0, failed: 0 };
    counts.set(tier, count);
    count[verdict.passed ? 'passed' : 'failed'] += 1;
    if (!verdict.passed)
      console.log(
        `${tier === 'core' ? 'FAILED' : `(${tier})`} ${textAt(found, 'name')}\n  expected ${verdict.expected}\n  got      ${verdict.got}`,
      );
  }
  if (skipped > 0) console.log(`correlation: ${skipped} not judged (correlation rules are refused when loaded)`);
  for (const [tier, { passed, failed }] of counts)
    if (tier !== 'core') console.log(`${tier}: ${passed} agree, ${failed} differ`);
  const { passed, failed } = counts.get('core') ?? { passed: 0, failed: 0 };
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
};

process.exitCode = run(process.argv.slice(2));
