import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inflateMember, releaseBytes } from '../../engine/record/gzip.ts';

const inflated = (length: number): Buffer => {
  const read = inflateMember(gzipSync(Buffer.alloc(length, 'x')), 10_000_000);
  if (read.kind === 'fault') throw new Error(read.reason);
  return read.bytes;
};

describe('releaseBytes', () => {
  it('empties bytes that have memory of their own', () => {
    const bytes = inflated(1_000_000);
    releaseBytes(bytes);
    expect(bytes.length).toBe(0);
  });

  it.each([0, 1, 100, 4000, 20_000])('leaves %i bytes alone, which may share memory with others', (length) => {
    const others = [Buffer.from('other'), Buffer.allocUnsafe(50).fill('y')];
    const bytes = inflated(length);
    releaseBytes(bytes);
    expect(bytes.equals(Buffer.alloc(length, 'x'))).toBe(true);
    expect(others.map(String)).toEqual(['other', 'y'.repeat(50)]);
  });
});
