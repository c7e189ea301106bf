import type { Json } from '../record/json.ts';
import { DROP, type Judgement, LOOK, QUIET, type Sieve, type SieveOptions } from '../record/sift.ts';
import { ABSENT, COMPLEX, skimmer } from '../record/skim.ts';
import { standing } from '../record/time-range.ts';
import { rememberTokens } from '../record/token-memory.ts';
import type { Path } from './path.ts';
import type { Verdicts } from './verdicts.ts';

/** Tells of one field whether it leaves its record quiet. */
interface Condition {
  readonly path: Path;
  readonly judge: (value: Json) => Judgement;
}

const BY_TIME = { inside: QUIET, outside: DROP, unknown: LOOK } as const;

/** Insights and summaries are records of another kind. */
const CATEGORIES: readonly Json[] = ['Management', 'Data', 'NetworkActivity'];

const conditionsOf = ({ account, range }: SieveOptions): readonly Condition[] => {
  const conditions: Condition[] = [
    { path: ['eventCategory'], judge: (value) => (CATEGORIES.includes(value) ? QUIET : LOOK) },
  ];
  if (account !== undefined)
    conditions.push({ path: ['recipientAccountId'], judge: (value) => (value === account ? QUIET : LOOK) });
  if (range?.since !== undefined || range?.until !== undefined)
    conditions.push({ path: ['eventTime'], judge: (value) => BY_TIME[standing(range, value)] });
  return conditions;
};

/** A lone object with two of them is a record in any container (see `readInput`); nearly all records have the first two. */
const SIGNS = [['eventName'], ['eventSource'], ['eventVersion'], ['eventID']] as const;
const ASKED = [['eventCategory'], ['recipientAccountId'], ['eventTime']] as const;
/** Conditions meet few values, and are made for every file. */
const SLOTS = 16;

/** Reads the fields that rules, signs and conditions ask for. */
const skimFields = (fields: readonly Path[]) => {
  const paths: Path[] = [...fields];
  const numbers = new Map(paths.map((path, number) => [path.join('.'), number]));
  for (const path of [...SIGNS, ...ASKED])
    if (!numbers.has(path.join('.'))) numbers.set(path.join('.'), paths.push(path) - 1);
  const numberOf = (path: Path): number => numbers.get(path.join('.')) ?? -1;
  return { ...skimmer(paths), signs: SIGNS.map(numberOf), numberOf };
};

/** Records by which the worth of sifting is judged, and how many times it is then not asked for. */
const SAMPLE = 512;
const REST = 64;

/** Rules that look at every record (keywords, say) leave nothing to pass over: reading the bytes twice is then waste. */
const worth = () => {
  let [judged, looked, rest] = [0, 0, 0];
  return {
    count: (judgement: Judgement): Judgement => {
      judged += 1;
      if (judgement === LOOK) looked += 1;
      return judgement;
    },
    isWorthwhile: (): boolean => {
      if (rest > 0) rest -= 1;
      else if (judged >= SAMPLE) {
        if (2 * looked > judged) rest = REST;
        judged = 0;
        looked = 0;
      }
      return rest === 0;
    },
  };
};

/**
 * Makes a sieve of a rule set: QUIET are ordinary records of which the verdict says that no rule can match them. The
 * judgement rests on the same decision tree as the verdict on parsed records, and on the same classes of values.
 */
export const sieveOf = ({ paths, possibleOf }: Verdicts): ((options?: SieveOptions) => Sieve) => {
  let made: ReturnType<typeof skimFields> | undefined;
  const { count, isWorthwhile } = worth();
  return (options = {}) => {
    made ??= skimFields(paths);
    const { read, isPlain, tokens, signs, numberOf } = made;
    const { kinds } = tokens;
    const conditions = conditionsOf(options).map(({ path, judge }) => ({
      number: numberOf(path),
      meaning: rememberTokens((_, number) => judge(tokens.value(number)), SLOTS),
    }));

    const isRecord = (): boolean => {
      let met = 0;
      for (const number of signs) {
        if (kinds[number] !== ABSENT) met += 1;
        if (met === 2) return true;
      }
      return false;
    };

    const judge = (): Judgement => {
      if (!isPlain() || !isRecord()) return LOOK;
      let judgement: Judgement = QUIET;
      for (const { number, meaning } of conditions) {
        const kind = kinds[number];
        if (kind === ABSENT) continue;
        if (kind === COMPLEX) return LOOK;
        const said = meaning(tokens, number);
        if (said === LOOK) return LOOK;
        if (said === DROP) judgement = DROP;
      }
      return judgement === DROP || possibleOf(tokens).length === 0 ? judgement : LOOK;
    };
    return { read, judge: () => count(judge()), isWorthwhile };
  };
};
