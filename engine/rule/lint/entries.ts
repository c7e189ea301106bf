import type { Literal } from './branches.ts';
import type { Complaint } from './complaint.ts';
import { DOMAINS, isFieldPath, isLoggedField, kindOfField, nearestField } from './fields.ts';
import { plainTexts } from './value.ts';

/** Whether an entry holds on records that lack its field: then a wrong field makes it always true, not always false. */
const holdsWhenAbsent = ({ item: { modifiers, values } }: Literal): boolean =>
  modifiers.includes('neq') || values.includes(null) || (modifiers.includes('exists') && values.includes(false));

const spelling = (field: string): string => {
  const near = nearestField(field);
  return near !== undefined && near !== field
    ? `write '${near}'`
    : 'compare with a real record; services put theirs under requestParameters';
};

/** A field that no record has. */
export const checkField = (literal: Literal): readonly Complaint[] => {
  const { field, item, negated } = literal;
  if (field === null || isLoggedField(field)) return [];
  const always = holdsWhenAbsent(literal);
  const effect = always
    ? 'the entry always holds'
    : negated
      ? 'what it should keep out stays in'
      : 'the entry can never hold';
  return [
    {
      severity: always || negated ? 'warning' : 'error',
      code: 'unknown-field',
      item,
      message: `CloudTrail writes no field '${field}': ${effect}`,
      hint: spelling(field),
    },
  ];
};

/** The path of a field written as a value: it is compared letter by letter. */
export const checkFieldPaths = ({ item }: Literal): readonly Complaint[] =>
  item.modifiers.some((name) => name === 'fieldref' || name === 're')
    ? []
    : item.values.flatMap((value): readonly Complaint[] =>
        typeof value === 'string' && isFieldPath(value)
          ? [
              {
                severity: 'warning',
                code: 'literal-field-path',
                item,
                message: `'${value}' is the path of a field, but is compared as that very text`,
                hint: `write \`${item.field ?? 'field'}|fieldref: ${value}\` to compare with the value of the field`,
              },
            ]
          : [],
      );

/** A value its field can never have. */
export const checkValues = ({ field, item, negated }: Literal): readonly Complaint[] => {
  const domain = field === null ? undefined : DOMAINS.get(field);
  const texts = plainTexts(item);
  if (domain === undefined || texts === undefined) return [];
  const wrong = texts.filter((text) => !domain.has(text));
  return wrong.map((text) => ({
    severity: wrong.length === texts.length && !negated ? 'error' : 'warning',
    code: 'impossible-value',
    item,
    message: `'${field}' is never '${text}'`,
    hint: `expected: ${domain.expected}`,
  }));
};

/** Case that cannot match: AWS writes event sources in lower case. */
export const checkCase = ({ field, item }: Literal): readonly Complaint[] => {
  if (field !== 'eventSource' || !item.modifiers.includes('cased')) return [];
  return (plainTexts(item) ?? []).flatMap((text): readonly Complaint[] =>
    text === text.toLowerCase()
      ? []
      : [
          {
            severity: 'error',
            code: 'value-case',
            item,
            message: `event sources are lower case: '${text}' with |cased never matches`,
            hint: `write '${text.toLowerCase()}', or drop |cased`,
          },
        ],
  );
};

/** Two fields of different kinds compared with each other. */
export const checkReferences = ({ field, item, negated }: Literal): readonly Complaint[] => {
  const partly = item.modifiers.some((name) => ['contains', 'startswith', 'endswith'].includes(name));
  if (field === null || partly || !item.modifiers.includes('fieldref')) return [];
  return item.values.flatMap((value): readonly Complaint[] => {
    const other = String(value);
    const [mine, theirs] = [kindOfField(field), kindOfField(other)];
    if (mine === undefined || theirs === undefined || mine === theirs) return [];
    const hint = `compare fields of one kind, e.g. userIdentity.userName with requestParameters.userName`;
    return [
      {
        severity: 'warning',
        code: 'fieldref-never-equal',
        item,
        message: `'${field}' holds ${mine}, '${other}' ${theirs}: they are never equal${negated ? ', so nothing is kept out' : ''}`,
        hint,
      },
    ];
  });
};
