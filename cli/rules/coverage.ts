import type { Rule } from '../../engine/rule/rule.ts';
import type { Paint } from '../terminal/colour.ts';
import { table } from '../terminal/table.ts';
import { terminalText } from '../terminal/text.ts';
import { plural } from '../terminal/units.ts';
import { CIS_CONTROLS, TACTICS, TECHNIQUES } from './attack.ts';

/** Rules by what they cover; each holds ids of rules. */
export interface Coverage {
  /** Tactic → technique → rules. A rule with two tactics stands under both. */
  readonly attack: { readonly [tactic: string]: { readonly [technique: string]: readonly string[] } };
  readonly cis: { readonly [control: string]: readonly string[] };
}

const tagged = ({ tags }: Rule, prefix: string): readonly string[] =>
  tags.flatMap((tag) => (tag.toLowerCase().startsWith(prefix) ? [tag.slice(prefix.length).toLowerCase()] : []));

const techniquesOf = (rule: Rule): readonly string[] => tagged(rule, 'attack.').filter((tag) => /^t\d/.test(tag));

const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Sorts rules under the ATT&CK tactics and techniques and the CIS controls their tags name. */
export const coverageOf = (rules: readonly Rule[]): Coverage => {
  const under = (tactic: string): readonly Rule[] => rules.filter((rule) => tagged(rule, 'attack.').includes(tactic));
  const attack = [...TACTICS.keys()].flatMap((tactic) => {
    const here = under(tactic);
    const techniques = [...new Set(here.flatMap(techniquesOf))].sort(byNumber);
    const entries = techniques.map((technique) => [
      technique,
      here.filter((rule) => techniquesOf(rule).includes(technique)).map(({ id }) => id),
    ]);
    return here.length === 0 ? [] : [[tactic, Object.fromEntries(entries)] as const];
  });
  const cis = [...CIS_CONTROLS.keys()].map(
    (control) =>
      [control, rules.filter((rule) => tagged(rule, 'cis-aws.').includes(control)).map(({ id }) => id)] as const,
  );
  return { attack: Object.fromEntries(attack), cis: Object.fromEntries(cis) };
};

/** The coverage as two tables. */
export const showCoverage = ({ attack, cis }: Coverage, rules: readonly Rule[], paint: Paint): string => {
  const attackRows = Object.entries(attack).flatMap(([tactic, techniques]) =>
    Object.entries(techniques).map(([technique, ids], at) => [
      at === 0 ? (TACTICS.get(tactic) ?? tactic) : '',
      terminalText(technique.toUpperCase(), 20),
      TECHNIQUES.get(technique) ?? '',
      String(ids.length),
    ]),
  );
  const cisRows = Object.entries(cis).map(([control, ids]) => [
    control,
    CIS_CONTROLS.get(control) ?? '',
    ids.length === 0 ? paint.dim('none') : String(ids.length),
  ]);
  const columns = [{ heading: 'TACTIC' }, { heading: 'TECHNIQUE' }, { heading: 'NAME', max: 72 }];
  const count = { heading: 'RULES', align: 'right' } as const;
  const techniques = new Set(rules.flatMap(techniquesOf)).size;
  return [
    table([...columns, count], attackRows),
    '',
    table([{ heading: 'CIS AWS v4' }, { heading: 'TO BE NOTICED', max: 60 }, count], cisRows),
    '',
    `${plural(rules.length, 'rule')}, ${plural(Object.keys(attack).length, 'tactic')}, ${plural(techniques, 'technique')}`,
  ].join('\n');
};
