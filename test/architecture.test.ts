import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = resolve(import.meta.dirname, '..');
const rooms = ['engine', 'aws', 'functions', 'cli', 'deploy', 'bench', 'test'] as const;
type Room = (typeof rooms)[number];

interface Import {
  readonly file: string;
  readonly target: string;
}

const filesUnder = (folder: string, ending: RegExp): readonly string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => ending.test(name) && !name.split(sep).includes('node_modules'))
        .map((name) => join(folder, name))
    : [];

/** Every static, type and dynamic import of a file; relative ones as paths from the root. */
const importsOf = (file: string): readonly Import[] => {
  const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const specifiers = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"\n]+)['"]/g);
  return [...specifiers].map(([, target = '']) => ({
    file,
    target: /^\.\.?\//.test(target) ? relative(root, resolve(root, dirname(file), target)) : target,
  }));
};

const importsIn = (room: Room): readonly Import[] => filesUnder(room, /\.(ts|js)$/).flatMap(importsOf);

const isNode = (target: string): boolean => target.startsWith('node:') || builtinModules.includes(target);
const within = (target: string, ...allowed: readonly string[]): boolean =>
  allowed.some((room) => target.startsWith(`${room}${sep}`));

/** Imports of a room for which `allowed` is false, as `file imports target`. */
const breaches = (room: Room, allowed: (target: string, file: string) => boolean): readonly string[] =>
  importsIn(room)
    .filter(({ file, target }) => !allowed(target, file))
    .map(({ file, target }) => `${file} imports ${target}`);

describe('functions and cli → aws → engine, never back', () => {
  it('the engine imports only itself, yaml, re2js, node:zlib and node:crypto', () => {
    const allowed = ['yaml', 're2js', 'node:zlib', 'node:crypto'];
    expect(breaches('engine', (target) => within(target, 'engine') || allowed.includes(target))).toEqual([]);
  });

  it('aws imports only itself, the engine, the SDK, Node and what its adapters need', () => {
    const packages = /^(@aws-sdk\/|@smithy\/|node:)/;
    expect(breaches('aws', (target) => within(target, 'aws', 'engine') || packages.test(target))).toEqual([]);
  });

  it('functions import themselves, aws, the engine, middy and Powertools, and no SDK', () => {
    const packages = /^(@middy\/|@aws-lambda-powertools\/|aws-lambda$|node:)/;
    expect(
      breaches('functions', (target) => within(target, 'functions', 'aws', 'engine') || packages.test(target)),
    ).toEqual([]);
  });

  it('only aws knows the SDK, only functions know Lambda', () => {
    const strays = (['engine', 'functions', 'cli'] as const).flatMap((room) =>
      breaches(room, (target) => !target.startsWith('@aws-sdk/') && !target.startsWith('@smithy/')),
    );
    const lambda = (['engine', 'aws', 'cli'] as const).flatMap((room) =>
      breaches(room, (target) => !/^(aws-lambda$|@middy\/|@aws-lambda-powertools\/)/.test(target)),
    );
    expect([...strays, ...lambda]).toEqual([]);
  });

  it('nothing that ships imports the tests, and no function imports the command line', () => {
    const shipped = (['engine', 'aws', 'functions', 'cli', 'deploy'] as const).flatMap((room) =>
      breaches(room, (target) => !within(target, 'test', 'bench')),
    );
    const functions = (['engine', 'aws', 'functions'] as const).flatMap((room) =>
      breaches(room, (target) => !within(target, 'cli', 'deploy')),
    );
    expect([...shipped, ...functions]).toEqual([]);
  });

  it('inside the engine, record and digest know nobody and digest and rule never meet', () => {
    const noun = (folder: string, ...allowed: readonly string[]): readonly string[] =>
      breaches('engine', (target, file) => {
        if (!file.startsWith(join('engine', folder) + sep) || !within(target, 'engine')) return true;
        return allowed.some((name) => target.startsWith(join('engine', name) + sep) || target === join('engine', name));
      });
    expect([
      ...noun('record', 'record'),
      ...noun('digest', 'digest', 'record', 'ports.ts', 'ledger'),
      ...noun('rule', 'rule', 'record'),
    ]).toEqual([]);
  });
});

describe('what is declared exists, and what exists is declared', () => {
  const stack: { readonly functions: { readonly [name: string]: { readonly handler: string } } } = parse(
    readFileSync(join(root, 'serverless.yml'), 'utf8'),
  );
  const names = Object.keys(stack.functions).sort();

  it('every function in serverless.yml has a file, and every file of functions/ is a function there', () => {
    const files = readdirSync(join(root, 'functions')).filter((name) => name.startsWith('on-') && name.endsWith('.ts'));
    expect(files.map((name) => name.replace(/\.ts$/, '')).sort()).toEqual(names);
  });

  it('every file in events/ is used by a test', () => {
    const tests = filesUnder('test', /\.ts$/).map((file) => readFileSync(join(root, file), 'utf8'));
    const unused = readdirSync(join(root, 'events'))
      .filter((name) => name.endsWith('.json'))
      .filter((name) => !tests.some((text) => text.includes(name) || text.includes(name.replace(/\.json$/, "'"))));
    expect(unused).toEqual([]);
  });

  it("every npm command the README shows is one of package.json's scripts", () => {
    const { scripts }: { readonly scripts: { readonly [name: string]: string } } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    );
    const shown = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)]
      .map(([, name = '']) => name)
      .filter((name) => !['ci', 'run', 'install'].includes(name));
    expect(shown.length).toBeGreaterThan(1);
    expect(shown.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe('the test of the dependency sentence can fail', () => {
  it.each([
    ["import { readFileSync } from 'node:fs';", 'node:fs'],
    ["import type { SQSEvent } from 'aws-lambda';", 'aws-lambda'],
    ["export * from '@aws-sdk/client-s3';", '@aws-sdk/client-s3'],
    ["const x = await import('middy');", 'middy'],
  ])('sees %s', (line, target) => {
    const found = [...line.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"\n]+)['"]/g)].map(([, name]) => name);
    expect(found).toEqual([target]);
    expect(isNode(target)).toBe(target.startsWith('node:'));
  });
});
