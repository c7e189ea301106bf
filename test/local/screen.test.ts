import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../cli/local/outcome.ts';
import { screen } from '../../cli/local/screen.ts';
import { paint } from '../../cli/terminal/colour.ts';

const plain = screen(paint({ isTTY: false }), 100, (key) => key.split('/').at(-1) ?? key);
const KEY = 'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/21/a.json.gz';

const detection = {
  kind: 'detection',
  severity: 'high',
  title: 'CloudTrail Logging Stopped',
  summary: 'User mallory of account 111122223333 called StopLogging (cloudtrail) in eu-west-1; it succeeded.',
  firstSeen: '2026-11-21T14:03:05Z',
  evidence: [
    { selection: 's', field: 'eventName', expected: 'StopLogging', actual: 'StopLogging' },
    { selection: 's', field: 'userIdentity.type', expected: 'IAMUser', actual: 'IAMUser' },
  ],
  seen: { via: 'delivered', object: { bucket: 'logs', key: KEY } },
};

const integrity = {
  kind: 'integrity',
  code: 'LOG_HASH_MISMATCH',
  severity: 'critical',
  title: 'A CloudTrail log file was altered',
  summary: `Log file s3://logs/${KEY}: does not hold what CloudTrail delivered.`,
  firstSeen: '2026-11-21T14:30:00.123Z',
  evidence: [{ selection: 'x', field: 'digest', expected: 'a'.repeat(64), actual: 'b'.repeat(64) }],
  nextSteps: ['Look at the versions of the key.', 'Then something else.'],
  seen: { via: 'delivered', object: { bucket: 'logs', key: KEY } },
};

const outcome: Outcome = {
  logFiles: 1200,
  scanned: 1199,
  records: 43_109,
  malformed: 0,
  digests: 36,
  verified: 35,
  listed: 1199,
  asSigned: 1199,
  findings: [detection, integrity],
  planted: [
    {
      planted: {
        kind: 'deleted-digest',
        key: 'k',
        what: 'a digest deleted',
        how: 'its successor names it',
        codes: ['DIGEST_MISSING'],
      },
      result: 'missed',
    },
    {
      planted: {
        ...{ kind: 'lost-notification', key: 'k', what: 'a notification lost', how: 'queued again' },
        codes: ['LOG_REQUEUED'],
      },
      result: 'found',
      finding: { code: 'LOG_REQUEUED' },
    },
  ],
  dead: 1,
  seconds: 2.14,
};

describe('what local shows', () => {
  it('shows a detection: when, how bad, who did what where, why it matched, in which file', () => {
    expect(plain.finding(detection)).toMatchInlineSnapshot(`
      "14:03:05  HIGH      CloudTrail Logging Stopped
                          User mallory of account 111122223333 called StopLogging (cloudtrail) in
                          eu-west-1; it succeeded.
                          userIdentity.type = IAMUser
                          in a.json.gz
      "
    `);
  });

  it('shows an integrity finding with what was compared and what to do, and the file by its name only', () => {
    expect(plain.finding(integrity)).toMatchInlineSnapshot(`
      "14:30:00  CRITICAL  A CloudTrail log file was altered
                          Log file a.json.gz: does not hold what CloudTrail delivered.
                          expected aaaaaaaaaaaa…, found bbbbbbbbbbbb…
                          → Look at the versions of the key.
      "
    `);
  });

  it('shows what was delivered, scanned and found, and what was missed as missed', () => {
    expect(plain.summary(outcome)).toMatchInlineSnapshot(`
      "After 2.1 s
        Log files     1,200 delivered, 1,199 scanned, 1 unreadable
        Records       43,109 scanned
        Digests       36 delivered, 35 in order (signature, chain, log files), 1 not
        Completeness  1,199 log files listed by digests, 1,199 scanned as signed
        Findings      2: 1 critical, 1 high
        Dead letters  1 message kept until the cause is mended

         Done to the trail    What came of it
      ✗  a digest deleted     missed
      ✓  a notification lost  LOG_REQUEUED: queued again"
    `);
  });

  it('leaves out what there was none of', () => {
    const shown = plain.summary({ ...outcome, digests: 0, dead: 0, planted: [], findings: [] });
    for (const word of ['Digests', 'Completeness', 'Dead letters', 'Done to the trail'])
      expect(shown).not.toContain(word);
    expect(shown).toContain('0: none');
  });

  it.each([
    ['an escape sequence in an event', { ...detection, summary: 'User \u001b[2J\u001b]0;owned\u0007 called' }],
    ['a line break in an event', { ...detection, title: 'a\r\nroot@host # ' }],
    [
      'an escape sequence in evidence',
      { ...detection, evidence: [{ field: 'userAgent', expected: '', actual: '\u009b31m' }] },
    ],
  ])('never lets %s through to the terminal', (_, finding) => {
    const shown = plain.finding(finding);
    for (const char of ['\u001b', '\u0007', '\r', '\u009b']) expect(shown).not.toContain(char);
    expect(shown).not.toMatch(/^root@host/m);
  });

  it('shows a finding of which every field is missing or of another type', () => {
    expect(() => plain.finding({ evidence: 'x', seen: [], nextSteps: {}, severity: 7 })).not.toThrow();
  });
});
