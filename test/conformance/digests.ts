/**
 * Judges digest cases: `npm run conformance:digests -- FILE…`. Each case's world is loaded into in-memory ports, the
 * range of its trail is verified with no earlier state, and the set of codes is compared with what the case wants and
 * allows. Format: data/digest-cases/README.md.
 */
import { readFile } from 'node:fs/promises';
import { type DigestCase, readCase, verifyCase } from './digest-case.ts';

/** What verifying a case gave. */
interface Verdict {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly reasons: readonly string[];
}

const judge = async (digestCase: DigestCase): Promise<Verdict> => {
  const { want, allow } = digestCase;
  const problems = await verifyCase(digestCase);
  const codes = new Set<string>(problems.map(({ code }) => code));
  return {
    missing: want.filter((code) => !codes.has(code)),
    unexpected: [...codes].filter((code) => !want.includes(code) && !allow.includes(code)),
    reasons: problems.map(({ code, reason, object }) => `${code} ${object?.key ?? ''}: ${reason}`),
  };
};

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const file of process.argv.slice(2)) {
  const json = await readFile(file, 'utf8');
  // A folder's listing of CLI verdicts is a list, not a case.
  if (json.trimStart().startsWith('[')) continue;
  try {
    const digestCase = readCase(json);
    if (digestCase.skip !== undefined) {
      counts.skipped += 1;
      continue;
    }
    const { missing, unexpected, reasons } = await judge(digestCase);
    if (missing.length === 0 && unexpected.length === 0) {
      counts.passed += 1;
      continue;
    }
    console.log(`${digestCase.id}  ${digestCase.title}`);
    if (missing.length > 0) console.log(`    missing: ${missing.join(', ')}`);
    if (unexpected.length > 0) console.log(`    unexpected: ${unexpected.join(', ')}`);
    for (const reason of reasons) console.log(`    ${reason}`);
  } catch (error) {
    console.log(`${file}  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  counts.failed += 1;
}
if (counts.skipped > 0) console.log(`${counts.skipped} skipped`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed > 0 ? 1 : 0;
