import { createHash, createPublicKey, verify } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { attackChain } from '../../../cli/local/trail/attack.ts';
import { seeded } from '../../../cli/local/trail/random.ts';
import {
  makeTrail,
  streamCorpus,
  streamTrail,
  type TrailObject,
  type TrailOptions,
} from '../../../cli/local/trail/trail.ts';
import { isJsonObject, type Json } from '../../../engine/record/json.ts';
import { readLogFile } from '../../../engine/record/log-file.ts';
import { parseObjectKey } from '../../../engine/record/object-key.ts';
import { textAt } from '../../../engine/record/record.ts';

const START = Date.UTC(2026, 10, 21, 1);
const options: TrailOptions = {
  seed: 7,
  start: START,
  hours: 2,
  accounts: 3,
  regions: ['us-east-1', 'eu-central-1'],
  recordsPerHour: [200, 600],
  plant: (organization) => attackChain(seeded('attack'), organization, START + 90 * 60_000),
};
const trail = makeTrail(options);
const logs = trail.objects.filter((object) => object.kind === 'log');
const digests = trail.objects.filter((object) => object.kind === 'digest');
const textOf = ({ bytes }: TrailObject): string => gunzipSync(bytes).toString('utf8');
const documentOf = (object: TrailObject): Json => JSON.parse(textOf(object));
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('a generated trail', () => {
  it('is the same bytes for the same seed and another trail for another', () => {
    const print = (made: readonly TrailObject[]) =>
      made.map(({ key, bytes, metadata }) => [key, Buffer.from(bytes).toString('base64'), metadata]);
    expect(print(makeTrail(options).objects)).toEqual(print(trail.objects));
    expect(print(makeTrail({ ...options, seed: 8 }).objects)).not.toEqual(print(trail.objects));
  });

  it('is in order of delivery', () => {
    const times = trail.objects.map(({ deliveredAt }) => deliveredAt);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('is the same, chain by chain, when it is made piece by piece', () => {
    const pieces = new Map([...streamTrail(options).objects].map((object) => [object.key, object]));
    expect(pieces).toEqual(new Map(trail.objects.map((object) => [object.key, object])));
  });

  it('names every object in the layout of an organization trail', () => {
    const { id } = trail.organization;
    for (const { kind, key, account, region } of trail.objects)
      expect(parseObjectKey(key)).toMatchObject({ kind, organization: id, account, region });
  });

  it('keeps its promises about every log file: counts, sizes, hashes and event times', () => {
    expect(logs.length).toBeGreaterThan(20);
    for (const log of logs) {
      const read = readLogFile(log.bytes, { maxBytes: 10_000_000 });
      expect(read).toMatchObject({
        kind: 'records',
        malformed: [],
        sha256: log.sha256,
        inflatedBytes: log.inflatedBytes,
      });
      if (read.kind !== 'records') continue;
      const times = read.records.map(({ record }) => textAt(record, 'eventTime') ?? '').sort();
      expect(read.records).toHaveLength(log.records);
      expect([times[0], times.at(-1)]).toEqual([log.oldestEventTime, log.newestEventTime]);
      expect(Date.parse(log.newestEventTime)).toBeLessThan(log.deliveredAt);
    }
  });

  it('escapes strings as CloudTrail does, so that writing a parsed file again gives other bytes', () => {
    const all = logs.map(textOf).join('');
    for (const escaped of ['\\u003d', '\\u0027', '\\u0026', '"bytesTransferredOut":']) expect(all).toContain(escaped);
    expect(all).toMatch(/"bytesTransferredOut":\d+\.0[,}]/);
    expect(all).not.toMatch(/[<>&=']/);
    expect(logs.every((log) => JSON.stringify(documentOf(log)) === textOf(log))).toBe(false);
  });

  it('gives every record its own eventID', () => {
    const ids = [
      ...logs
        .map(textOf)
        .join('')
        .matchAll(/"eventID":"([^"]+)"/g),
    ].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('mixes in every step of the attack, each in the file of its account delivered soon after it', () => {
    const planted = options.plant?.(trail.organization) ?? [];
    for (const { record, account, at } of planted) {
      const id = textAt(record, 'eventID') ?? '';
      const [file, ...others] = logs.filter((log) => textOf(log).includes(id));
      expect(others).toEqual([]);
      expect(file).toMatchObject({ account, region: 'us-east-1' });
      expect((file?.deliveredAt ?? 0) - at).toBeGreaterThan(0);
    }
  });

  it('refuses a planted record outside its hours instead of losing it', () => {
    const late = {
      ...options,
      plant: () => [{ account: trail.organization.accounts[0].id, region: 'us-east-1', at: START, record: {} }],
    };
    expect(() => makeTrail(late)).toThrow(/lies outside the trail/);
  });
});

describe('a generated digest', () => {
  it('lists each log file of the trail exactly once, under its real hash', () => {
    const listed = digests.flatMap((digest) => {
      const document = documentOf(digest);
      const files = isJsonObject(document) && Array.isArray(document['logFiles']) ? document['logFiles'] : [];
      return files.map((file: Json) => [textAt(file, 's3Object'), textAt(file, 'hashValue')]);
    });
    expect(new Map(listed.map(([key, hash]) => [key, hash]))).toEqual(
      new Map(logs.map((log) => [log.key, sha256(textOf(log))])),
    );
    expect(listed).toHaveLength(logs.length);
  });

  it('covers the hour its log files were delivered in', () => {
    const delivered = new Map(logs.map((log) => [log.key, log.deliveredAt]));
    for (const { logFiles, startTime, endTime } of digests)
      for (const key of logFiles) {
        expect(delivered.get(key)).toBeGreaterThanOrEqual(startTime);
        expect(delivered.get(key)).toBeLessThan(endTime);
      }
  });

  it('has its fields in the order of the specification, compact, with escaped slashes', () => {
    const text = textOf(digests.at(-1) ?? expect.fail());
    expect(text).toMatch(/^\{"awsAccountId":"\d{12}","digestStartTime":"2026-11-21T\d\d:\d\d:\d\dZ","digestEndTime":/);
    expect(text).toContain('AWSLogs\\/o-');
    expect(text).not.toMatch(/[^\\]\//);
    expect(Object.keys(JSON.parse(text))).toEqual([
      'awsAccountId',
      'digestStartTime',
      'digestEndTime',
      'digestS3Bucket',
      'digestS3Object',
      'digestPublicKeyFingerprint',
      'digestSignatureAlgorithm',
      'newestEventTime',
      'oldestEventTime',
      'previousDigestS3Bucket',
      'previousDigestS3Object',
      'previousDigestHashValue',
      'previousDigestHashAlgorithm',
      'previousDigestSignature',
      'logFiles',
    ]);
  });

  it('is signed over its end time, location, hash and predecessor by the key of its Region', () => {
    for (const digest of digests) {
      const document = documentOf(digest);
      const [key] = trail.publicKeys.get(digest.region) ?? [];
      if (key === undefined) expect.fail(`no key for ${digest.region}`);
      const signed = [
        textAt(document, 'digestEndTime'),
        `${trail.organization.bucket}/${digest.key}`,
        sha256(textOf(digest)),
        textAt(document, 'previousDigestSignature') ?? 'null',
      ].join('\n');
      const publicKey = createPublicKey({ key: Buffer.from(key.value), format: 'der', type: 'pkcs1' });
      expect(publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65537n });
      expect(verify('RSA-SHA256', Buffer.from(signed), publicKey, Buffer.from(digest.metadata.signature, 'hex'))).toBe(
        true,
      );
      expect(textAt(document, 'digestPublicKeyFingerprint')).toBe(createHash('md5').update(key.value).digest('hex'));
    }
  });

  it('links to the digest before it in its own chain, and the first of a chain to none', () => {
    const chains = Map.groupBy(digests, ({ account, region }) => `${account} ${region}`);
    expect(chains.size).toBe(6);
    for (const [first, ...rest] of chains.values()) {
      expect(documentOf(first ?? expect.fail())).toMatchObject({
        previousDigestS3Object: null,
        previousDigestSignature: null,
      });
      let before = first ?? expect.fail();
      for (const digest of rest) {
        expect(documentOf(digest)).toMatchObject({
          previousDigestS3Object: before.key,
          previousDigestHashValue: sha256(textOf(before)),
          previousDigestSignature: before.metadata.signature,
        });
        expect(digest.startTime).toBe(before.endTime);
        before = digest;
      }
    }
  });
});

describe('a corpus', () => {
  it('grows to the size asked for and no file further', () => {
    const files = [...streamCorpus({ seed: 1, start: START, bytes: 2_000_000, medianRecords: 100 })];
    const total = files.reduce((sum, file) => sum + file.inflatedBytes, 0);
    expect(total).toBeGreaterThanOrEqual(2_000_000);
    expect(total - (files.at(-1)?.inflatedBytes ?? 0)).toBeLessThan(2_000_000);
  });

  it('can make every caller, address and agent unique', () => {
    const [file] = streamCorpus({ seed: 1, start: START, bytes: 1, medianRecords: 500, sigma: 0, variety: 'unique' });
    const read = readLogFile(file?.bytes ?? new Uint8Array(), { maxBytes: 10_000_000 });
    if (read.kind !== 'records') expect.fail(read.kind);
    for (const path of [['userAgent'], ['userIdentity', 'arn']])
      expect(new Set(read.records.map(({ record }) => textAt(record, ...path))).size).toBe(read.records.length);
  });

  it('can be of tiny files', () => {
    const files = [...streamCorpus({ seed: 1, start: START, bytes: 200_000, medianRecords: 1, sigma: 0 })];
    expect(files.every(({ records }) => records === 1)).toBe(true);
  });
});
