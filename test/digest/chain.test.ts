import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainId, chainOf } from '../../engine/digest/chain.ts';

const word = fc.stringMatching(/^[A-Za-z0-9._-]{3,40}$/);
const chain = fc
  .record({
    account: fc.stringMatching(/^\d{12}$/),
    region: word,
    trail: word,
    homeRegion: word,
    backfill: fc.boolean(),
  })
  .chain((known) =>
    fc.oneof(
      fc.constant(known),
      fc.stringMatching(/^o-[a-z0-9]{10}$/).map((organization) => ({ organization, ...known })),
    ),
  );

describe("a chain's name in the ledger", () => {
  it('tells the chain again', () => {
    fc.assert(
      fc.property(chain, (given) => {
        expect(chainOf(chainId(given))).toEqual(given);
      }),
    );
  });

  it.each(['', 'a', '-/1/r/t', '-/1/r/t/h/other', '-/1/r/t/h/backfill/more'])('%j is none', (text) => {
    expect(chainOf(text)).toBeUndefined();
  });
});
