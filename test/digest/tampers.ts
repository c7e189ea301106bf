import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { inflateMember } from '../../engine/record/gzip.ts';
import type { Stored, World } from './trail.ts';

export type Tamper = (world: World) => void;

const editOf =
  (object: fc.Arbitrary<string>) =>
  (change: (stored: Stored, world: World, id: string) => void): fc.Arbitrary<Tamper> =>
    object.map((id) => (world) => {
      const stored = world.get(id);
      if (stored !== undefined) change(stored, world, id);
    });

/**
 * Any way an attacker with write access to the bucket, and without AWS's key, may go at it.
 *
 * @param ids the objects of the trail, `bucket/key`
 */
export const tampersOf = (ids: readonly string[]): fc.Arbitrary<Tamper> => {
  const object = fc.constantFrom(...ids);
  const edit = editOf(object);
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(object, fc.nat(), fc.integer({ min: 1, max: 255 }))
        .map(([id, at, mask]) => (world: World) => {
          const bytes = world.get(id)?.bytes;
          if (bytes !== undefined && bytes.length > 0)
            bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask;
        }),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(object, fc.nat(), fc.integer({ min: 1, max: 255 }))
        .map(([id, at, mask]) => (world: World) => {
          const stored = world.get(id);
          const content = stored === undefined ? undefined : inflateMember(stored.bytes, 1 << 20);
          if (stored === undefined || content?.kind !== 'inflated' || content.bytes.length === 0) return;
          const text = Buffer.from(content.bytes);
          text[at % text.length] = (text[at % text.length] ?? 0) ^ mask;
          stored.bytes = gzipSync(text);
        }),
    },
    edit((_, world, id) => world.delete(id)),
    fc.tuple(object, fc.nat()).map(([id, cut]) => (world: World) => {
      const stored = world.get(id);
      if (stored !== undefined) stored.bytes = stored.bytes.subarray(0, cut % (stored.bytes.length + 1));
    }),
    fc.tuple(object, fc.uint8Array({ minLength: 1, maxLength: 20 })).map(([id, more]) => (world: World) => {
      const stored = world.get(id);
      if (stored !== undefined) stored.bytes = Buffer.concat([stored.bytes, more]);
    }),
    edit((stored) => {
      stored.bytes = Buffer.concat([stored.bytes, gzipSync('{"Records":[]}')]);
    }),
    edit((stored) => {
      stored.bytes = gzipSync(gunzipOrSame(stored.bytes), { level: 1 });
    }),
    fc.tuple(object, object).map(([one, other]) => (world: World) => {
      const [a, b] = [world.get(one), world.get(other)];
      if (a === undefined || b === undefined) return;
      world.set(one, b);
      world.set(other, a);
    }),
    fc.tuple(object, object).map(([from, to]) => (world: World) => {
      const stored = world.get(from);
      if (stored !== undefined)
        world.set(to, { ...stored, bytes: Buffer.from(stored.bytes), metadata: { ...stored.metadata } });
    }),
    fc
      .tuple(object, fc.constantFrom('signature', 'signature-algorithm'), fc.option(fc.string({ maxLength: 20 })))
      .map(([id, name, value]) => (world: World) => {
        const stored = world.get(id);
        if (stored === undefined || !(name in stored.metadata)) return;
        if (value === null) delete stored.metadata[name];
        else stored.metadata[name] = value;
      }),
    fc
      .tuple(object, fc.nat({ max: 511 }), fc.constantFrom(...'0123456789abcdefABCDEF'))
      .map(([id, at, digit]) => (world: World) => {
        const stored = world.get(id);
        const signature = stored?.metadata['signature'];
        if (stored === undefined || signature === undefined) return;
        stored.metadata['signature'] = `${signature.slice(0, at)}${digit}${signature.slice(at + 1)}`;
      }),
  );
};

function gunzipOrSame(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes);
  } catch {
    return bytes;
  }
}
