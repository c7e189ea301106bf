import { describe, expect, it } from 'vitest';
import { paint } from '../../../cli/terminal/colour.ts';
import { table } from '../../../cli/terminal/table.ts';
import { plural, showBytes, showDuration } from '../../../cli/terminal/units.ts';

describe('units', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1500, '1.5 KB'],
    [999_950, '1.0 MB'],
    [866_000_000, '866 MB'],
    [2e12, '2.0 TB'],
    [5e15, '5000 TB'],
  ])('shows %i bytes as %s', (bytes, expected) => {
    expect(showBytes(bytes)).toBe(expected);
  });

  it.each([
    [0.123, '0.12 s'],
    [3.456, '3.5 s'],
    [9.96, '10 s'],
    [59.6, '1 min 0 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
    [273_600, '3 d 4 h'],
  ])('shows %f seconds as %s', (seconds, expected) => {
    expect(showDuration(seconds)).toBe(expected);
  });

  it('counts', () => {
    expect([plural(1, 'file'), plural(1234, 'file'), plural(0, 'match', 'matches')]).toEqual([
      '1 file',
      '1,234 files',
      '0 matches',
    ]);
  });
});

describe('table', () => {
  it('aligns columns, folds long cells and leaves no blanks at line ends', () => {
    const text = table(
      [{ heading: 'N', align: 'right' }, { heading: 'WHAT', max: 10 }, { heading: 'END' }],
      [
        ['1', 'short', 'x'],
        ['10', 'two words and arn:aws:iam::x', ''],
        ['2', 'a\nb', 'y'],
      ],
    );
    expect(text.split('\n')).toEqual([
      ' N  WHAT        END',
      ' 1  short       x',
      '10  two words',
      '    and arn:aw',
      '    s:iam::x',
      ' 2  a           y',
      '    b',
    ]);
  });

  it('counts no colour as width', () => {
    expect(table([{ heading: 'A' }, { heading: 'B' }], [['\u001b[31mred\u001b[39m', 'x']]).split('\n')[1]).toBe(
      '\u001b[31mred\u001b[39m  x',
    );
  });
});

describe('paint', () => {
  it.each([
    ['a file', { isTTY: false }, {}, false],
    ['a terminal', { isTTY: true }, {}, true],
    ['a terminal with NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, false],
    ['a file with FORCE_COLOR', { isTTY: false }, { FORCE_COLOR: '1' }, true],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
  ])('colours for people alone: %s', (_name, stream, given, on) => {
    const before = { ...process.env };
    for (const name of ['NO_COLOR', 'FORCE_COLOR']) delete process.env[name];
    Object.assign(process.env, { TERM: 'xterm' }, given);
    const colours = paint(stream);
    process.env = before;
    expect(colours.on).toBe(on);
    expect(colours.severity('critical') === 'critical').toBe(!on);
  });
});
