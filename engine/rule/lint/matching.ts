import type { Condition, Detection, Item, Search } from '../document.ts';
import type { Branch, Literal } from './branches.ts';
import type { Complaint } from './complaint.ts';
import { isSingleText } from './fields.ts';
import { meets, plainTexts } from './value.ts';

const byField = (branch: Branch): ReadonlyMap<string, readonly Literal[]> => {
  const fields = new Map<string, Literal[]>();
  for (const literal of branch) {
    if (literal.field === null || literal.element) continue;
    fields.set(literal.field, [...(fields.get(literal.field) ?? []), literal]);
  }
  return fields;
};

const show = ({ item, negated }: Literal): string => {
  const values = item.values.map((value) => `'${value}'`);
  const few = values.length > 3 ? `${values.slice(0, 3).join(', ')} …` : values.join(', ');
  return `${negated ? 'not ' : ''}${item.key}: ${few}`;
};

const wantsPresence = ({ item, negated }: Literal): boolean =>
  !negated &&
  !item.modifiers.includes('neq') &&
  !item.values.includes(null) &&
  !(item.modifiers.includes('exists') && item.values.includes(false));

const wantsAbsence = ({ item, negated }: Literal): boolean =>
  item.modifiers.includes('exists') && item.values.includes(negated);

/** Two entries of one field that no value meets, as a sentence; undefined where there are none. */
const clash = (
  field: string,
  literals: readonly Literal[],
): { readonly item: Item; readonly why: string } | undefined => {
  const absent = literals.find(wantsAbsence);
  const present = literals.find(wantsPresence);
  if (absent !== undefined && present !== undefined)
    return { item: present.item, why: `'${show(absent)}' and '${show(present)}' exclude each other` };
  if (!isSingleText(field)) return undefined;
  const start = literals.find(({ item, negated }) => !negated && plainTexts(item) !== undefined);
  if (start === undefined) return undefined;
  let left = plainTexts(start.item) ?? [];
  for (const literal of literals) {
    if (literal === start) continue;
    left = left.filter((text) => {
      const met = meets(text, literal.item);
      return met === undefined || met !== literal.negated;
    });
    if (left.length === 0)
      return { item: literal.item, why: `'${show(start)}' and '${show(literal)}' exclude each other` };
  }
  return undefined;
};

const branchClash = (branch: Branch): { readonly item: Item; readonly why: string } | undefined => {
  for (const [field, literals] of byField(branch)) {
    const found = literals.length > 1 ? clash(field, literals) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
};

/** A rule whose every way to match asks for two things at once that exclude each other. */
export const checkPossible = (branches: readonly Branch[]): readonly Complaint[] => {
  const clashes = branches.map(branchClash);
  const [first] = clashes;
  if (first === undefined || clashes.includes(undefined)) return [];
  return [
    {
      severity: 'error',
      code: 'never-matches',
      item: first.item,
      message: `no record can match: ${first.why}`,
      hint: 'join the searches with `or`, or write the values as one list',
    },
  ];
};

const isIndexable = ({ field, item, negated, element }: Literal): boolean =>
  !negated && !element && (field === 'eventName' || field === 'eventSource') && plainTexts(item) !== undefined;

/** A rule that every record has to be tried on. */
export const checkIndex = (branches: readonly Branch[]): readonly Complaint[] =>
  branches.every((branch) => branch.some(isIndexable))
    ? []
    : [
        {
          severity: 'info',
          code: 'not-indexed',
          message:
            'the rule does not say which calls it is about: it is tried on every record, and no live pattern can select it',
          hint: 'add `eventSource` and `eventName` where the rule is about certain calls',
        },
      ];

const fieldsOf = (search: Search): readonly (string | null)[] => {
  if (search.kind === 'item') return [search.field];
  if (search.kind === 'element') return [search.field];
  return search.parts.flatMap(fieldsOf);
};

const deniedNames = (condition: Condition, negated = false): readonly string[] => {
  switch (condition.kind) {
    case 'not':
      return deniedNames(condition.part, !negated);
    case 'and':
    case 'or':
      return condition.parts.flatMap((part) => deniedNames(part, negated));
    case 'of':
      return negated ? condition.names : [];
    case 'search':
      return negated ? [condition.name] : [];
  }
};

const firstItem = (search: Search): Item | undefined => {
  if (search.kind === 'item') return search;
  return search.kind === 'element'
    ? firstItem(search.body)
    : search.parts.map(firstItem).find((item) => item !== undefined);
};

/** A filter that lets callers out by their user agent alone: the caller writes it. */
export const checkAllowList = ({ searches, condition }: Detection): readonly Complaint[] => {
  const denied = new Set(deniedNames(condition));
  return searches.flatMap(({ name, search }): readonly Complaint[] => {
    if (!denied.has(name) || !fieldsOf(search).every((field) => field === 'userAgent')) return [];
    const item = firstItem(search);
    return [
      {
        severity: 'warning',
        code: 'user-agent-allow-list',
        ...(item === undefined ? {} : { item }),
        message: `'${name}' lets callers out by user agent alone, which every caller chooses`,
        hint: 'add what cannot be chosen: userIdentity.arn, userIdentity.invokedBy, or the source address',
      },
    ];
  });
};
