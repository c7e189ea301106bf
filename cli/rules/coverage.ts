import type { Rule } from '../../engine/rule/rule.ts';
import type { Paint } from '../terminal/colour.ts';
import { table } from '../terminal/table.ts';
import { terminalText } from '../terminal/text.ts';
import { plural } from '../terminal/units.ts';
import { CIS_CONTROLS, TACTICS, TECHNIQUES } from './attack.ts';

/** Ids of rules by what their tags name. Tactics and controls without a rule are there, empty. */
export interface Coverage {
  readonly tactics: { readonly [tactic: string]: readonly string[] };
  readonly techniques: { readonly [technique: string]: readonly string[] };
  readonly cis: { readonly [control: string]: readonly string[] };
}

const ATTACK = 'attack.';
const CIS = 'cis-aws.';

const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Sorts rules under the ATT&CK tactics and techniques and the CIS controls their tags name. */
export const coverageOf = (rules: readonly Rule[]): Coverage => {
  const byTag = new Map<string, string[]>();
  for (const { id, tags } of rules)
    for (const tag of new Set(tags.map((each) => each.toLowerCase()))) byTag.set(tag, [...(byTag.get(tag) ?? []), id]);
  const under = (prefix: string, names: Iterable<string>): { readonly [name: string]: readonly string[] } =>
    Object.fromEntries([...names].map((name) => [name, byTag.get(`${prefix}${name}`) ?? []]));
  const techniques = [...byTag.keys()].flatMap((tag) => (/^attack\.t\d/.test(tag) ? [tag.slice(ATTACK.length)] : []));
  return {
    tactics: under(ATTACK, TACTICS.keys()),
    techniques: under(ATTACK, techniques.sort(byNumber)),
    cis: under(CIS, CIS_CONTROLS.keys()),
  };
};

const rowsOf = (
  ids: { readonly [name: string]: readonly string[] },
  show: (name: string) => readonly string[],
  paint: Paint,
): readonly (readonly string[])[] =>
  Object.entries(ids).map(([name, found]) => [
    ...show(name),
    found.length === 0 ? paint.dim('none') : String(found.length),
  ]);

/** The coverage as three tables. */
export const showCoverage = ({ tactics, techniques, cis }: Coverage, rules: readonly Rule[], paint: Paint): string => {
  const count = { heading: 'RULES', align: 'right' } as const;
  const covered = Object.values(tactics).filter((ids) => ids.length > 0).length;
  return [
    table(
      [{ heading: 'ATT&CK TACTIC' }, count],
      rowsOf(tactics, (name) => [TACTICS.get(name) ?? name], paint),
    ),
    '',
    table(
      [{ heading: 'TECHNIQUE' }, { heading: 'NAME', max: 72 }, count],
      rowsOf(techniques, (name) => [terminalText(name.toUpperCase(), 20), TECHNIQUES.get(name) ?? ''], paint),
    ),
    '',
    table(
      [{ heading: 'CIS AWS v4' }, { heading: 'TO BE NOTICED', max: 60 }, count],
      rowsOf(cis, (name) => [name, CIS_CONTROLS.get(name) ?? ''], paint),
    ),
    '',
    `${plural(rules.length, 'rule')}, ${covered} of ${plural(TACTICS.size, 'tactic')}, ${plural(Object.keys(techniques).length, 'technique')}`,
  ].join('\n');
};
