import { describe, expect, it } from 'vitest';
import { INTEGRITY_CODES, type Problem } from '../../engine/digest/problem.ts';
import { integrityFinding } from '../../engine/finding/integrity.ts';
import { INTEGRITY_TEXTS } from '../../engine/finding/integrity-texts.ts';

const AT = '2026-03-05T02:00:00.000Z';
const chain = { account: '111122223333', region: 'eu-west-1', trail: 'main', homeRegion: 'us-east-1', backfill: false };
const problem: Problem = {
  code: 'LOG_HASH_MISMATCH',
  reason: 'the content is not what CloudTrail delivered',
  chain,
  object: { bucket: 'trail-bucket', key: 'AWSLogs/111122223333/CloudTrail/eu-west-1/x.json.gz', versionId: 'v1' },
  digest: { bucket: 'trail-bucket', key: 'd.json.gz' },
  span: { start: '2026-03-05T00:13:52Z', end: '2026-03-05T01:13:52Z' },
  expected: 'aa',
  actual: 'bb',
};

describe('an integrity problem as a finding', () => {
  it.each(INTEGRITY_CODES)('%s has words, a severity, and something to do next', (code) => {
    const { severity, title, meaning, nextSteps } = INTEGRITY_TEXTS[code];
    expect(severity).not.toBe('informational');
    expect(title.length).toBeGreaterThan(10);
    expect(title.length).toBeLessThanOrEqual(80);
    expect(meaning).toMatch(/^[a-z]/);
    expect(nextSteps.length).toBeGreaterThan(0);
    for (const step of nextSteps) expect(step).toMatch(/[.…:]$|s3:\/\/…$/);
    const finding = integrityFinding({ ...problem, code }, AT);
    expect(finding).toMatchObject({ kind: 'integrity', code, severity, title, nextSteps });
    expect(finding.summary).toContain(meaning);
  });

  it('has no two codes with the same title', () => {
    const titles = INTEGRITY_CODES.map((code) => INTEGRITY_TEXTS[code].title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('says which object and version, which hour of which chain, what was compared', () => {
    expect(integrityFinding(problem, AT)).toMatchObject({
      account: '111122223333',
      region: 'eu-west-1',
      resources: ['s3://trail-bucket/AWSLogs/111122223333/CloudTrail/eu-west-1/x.json.gz?versionId=v1'],
      evidence: [{ expected: 'aa', actual: 'bb' }],
      details: {
        chain: '-/111122223333/eu-west-1/main/us-east-1',
        start: '2026-03-05T00:13:52Z',
        end: '2026-03-05T01:13:52Z',
        digest: 's3://trail-bucket/d.json.gz',
        expected: 'aa',
        actual: 'bb',
      },
      seen: { via: 'delivered', object: problem.object },
      firstSeen: AT,
    });
  });

  const idOf = (more: Partial<Problem>, at = AT): string => integrityFinding({ ...problem, ...more }, at).id;

  it('has one id however and whenever it is met, and another for another object, version, chain or code', () => {
    const id = idOf({});
    expect(
      integrityFinding({ ...problem, reason: 'in other words', actual: 'cc' }, '2027-01-01T00:00:00Z', 'scan').id,
    ).toBe(id);
    const others = [
      idOf({ code: 'LOG_FORMAT' }),
      idOf({ object: { bucket: 'trail-bucket', key: 'y' } }),
      idOf({ object: { bucket: 'trail-bucket', key: problem.object?.key ?? '', versionId: 'v2' } }),
      idOf({ chain: { ...chain, region: 'eu-west-2' } }),
      idOf({ chain: { ...chain, backfill: true } }),
    ];
    expect(new Set([id, ...others]).size).toBe(others.length + 1);
  });

  it('tells the silence of one hour from that of another', () => {
    const { object: _object, ...silence } = problem;
    const at = (start: string) =>
      integrityFinding({ ...silence, code: 'DIGEST_SILENCE', span: { start, end: start } }, AT).id;
    expect(at('2026-03-05T01:13:52Z')).not.toBe(at('2026-03-05T05:13:52Z'));
  });

  it('tells keys that cannot be had once a day and Region, not once a digest', () => {
    const id = idOf({ code: 'KEYS_UNAVAILABLE' });
    expect(idOf({ code: 'KEYS_UNAVAILABLE', object: { bucket: 'b', key: 'another' } })).toBe(id);
    expect(idOf({ code: 'KEYS_UNAVAILABLE', span: { start: '', end: '2026-03-06T01:13:52Z' } })).not.toBe(id);
  });

  it('shows no control character of a key or a document', () => {
    const object = { bucket: 'b', key: 'AWSLogs/\u001b[31m\u202ex\n' };
    const finding = integrityFinding({ ...problem, object, actual: '\u0007', reason: 'bad\u001b' }, AT);
    const texts = [
      finding.summary,
      ...finding.resources,
      JSON.stringify(finding.details),
      JSON.stringify(finding.evidence),
    ];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    for (const text of texts) expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]|\\u00/);
  });
});
