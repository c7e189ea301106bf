import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../engine/digest/document.ts';
import { examineDigest } from '../../engine/digest/examine.ts';
import { inflateMember } from '../../engine/record/gzip.ts';
import { tampersOf } from './tampers.ts';
import { codesOf, copyWorld, KEY, makeTrail, portsOf, type Stored, type World } from './trail.ts';

const HOURS = 4;
const intact = makeTrail(HOURS);
const ids = [...intact.world.keys()];

/** What counts of an object: the first member's content, nothing behind it, and of a digest the signature. */
const essence = (stored: Stored | undefined): string => {
  if (stored === undefined) return 'gone';
  const inflated = inflateMember(stored.bytes, 1 << 20);
  if (inflated.kind === 'fault') return `fault ${inflated.fault}`;
  const { signature = '', 'signature-algorithm': algorithm = '' } = stored.metadata;
  return [hash('sha256', inflated.bytes, 'hex'), inflated.trailing, signature.toLowerCase(), algorithm].join(' ');
};

const same = (world: World): boolean =>
  world.size === intact.world.size && ids.every((id) => essence(world.get(id)) === essence(intact.world.get(id)));

describe('whatever is done to the objects of a trail', () => {
  it('it is called whole only when the bytes that count are unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(tampersOf(ids), { minLength: 1, maxLength: 3 }), async (steps) => {
        const world = copyWorld(intact.world);
        for (const step of steps) step(world);
        const codes = await codesOf(world, HOURS);
        expect({ whole: codes.length === 0 }).toEqual({ whole: same(world) });
      }),
      { numRuns: 3000 },
    );
  }, 60_000);
});

describe('a digest of any bytes', () => {
  const [digest] = intact.digests;
  const findKeys = async () => ({ kind: 'keys', keys: [KEY.listed] }) as const;

  it('is examined without a throw, and trusted only as it was signed', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json({ maxDepth: 4 }).map((text) => gzipSync(text)),
      fc
        .dictionary(fc.constantFrom(...Object.keys(digest?.document ?? {})), fc.jsonValue())
        .map((fields) => gzipSync(JSON.stringify({ ...digest?.document, ...fields }))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (stored) => {
        const at = { bucket: digest?.bucket ?? '', key: digest?.key ?? '' };
        const metadata = intact.world.get(digest?.id ?? '')?.metadata ?? {};
        const examined = await examineDigest(at, { kind: 'found', bytes: stored, metadata }, findKeys);
        expect(examined.trusted).toBe(false);
        expect(examined.problems).toHaveLength(1);
      }),
      { numRuns: 1000 },
    );
  });

  it('is not read for ever when it nests without end', () => {
    expect(readDocument(Buffer.from('['.repeat(200_000))).kind).toBe('fault');
  });

  it('stays within its limit', async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000));
    const ports = portsOf(new Map());
    const at = { bucket: 'b', key: digest?.key ?? '' };
    const examined = await examineDigest(at, { kind: 'found', bytes: bomb, metadata: {} }, findKeys, 1_000_000);
    expect(examined.problems.map(({ code, reason }) => [code, reason])).toEqual([
      ['DIGEST_FORMAT', 'more than 1000000 bytes inflated'],
    ]);
    expect(await ports.readObject(at)).toEqual({ kind: 'missing' });
  });
});
