import type { Condition } from './document.ts';

/** Why a condition cannot be read. */
export interface ConditionFault {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

class Unreadable extends Error {
  readonly fault: ConditionFault;
  constructor(fault: ConditionFault) {
    super(fault.message);
    this.fault = fault;
  }
}

const refuse = (code: string, message: string, hint?: string): never => {
  throw new Unreadable({ code, message, ...(hint === undefined ? {} : { hint }) });
};

/** Tokens a condition may have; the parser calls itself for each parenthesis. */
const MOST_TOKENS = 2000;
const MOST_DEPTH = 100;

/** The identifiers a pattern names: `*` is any run; names that start with `_` only where the pattern does. */
const named = (pattern: string, names: readonly string[]): readonly string[] => {
  const hidden = pattern.startsWith('_');
  const visible = names.filter((name) => hidden || !name.startsWith('_'));
  if (pattern.toLowerCase() === 'them') return visible;
  if (!pattern.includes('*')) return names.filter((name) => name === pattern);
  const pieces = pattern.split('*');
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  return visible.filter((name) => {
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    let at = first.length;
    return pieces.slice(1, -1).every((piece) => {
      at = name.indexOf(piece, at);
      at += at < 0 ? 0 : piece.length;
      return at >= 0 && at <= name.length - last.length;
    });
  });
};

/**
 * Parses a condition (Sigma rules specification v2.1, "Condition"): `not` binds tighter than `and`, `and` than `or`.
 *
 * @param text the condition as written
 * @param names the search identifiers of the detection
 * @param empty what `all of x*` that names nothing is: a fault (it would hold always), or true as the words say
 */
export const parseCondition = (
  text: string,
  names: readonly string[],
  empty: 'refuse' | 'holds' = 'refuse',
): Condition | { readonly kind: 'fault'; readonly fault: ConditionFault } => {
  if (text.includes('|'))
    return {
      kind: 'fault',
      fault: {
        code: 'aggregation',
        message: `'${text}' aggregates with a pipe, which Sigma 2.0 removed`,
        hint: 'keep the condition before the pipe here and count in a correlation rule (type: event_count)',
      },
    };
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const peek = (): string | undefined => tokens[at];
  const word = (): string | undefined => tokens[at]?.toLowerCase();

  const ofPattern = (count: number | 'all', quantifier: string): Condition => {
    at += 2;
    const pattern =
      peek() ?? refuse('condition-syntax', `'${quantifier} of' ends the condition`, 'name a pattern or `them`');
    at += 1;
    if (pattern === '(' || pattern === ')')
      return refuse('condition-syntax', `'${quantifier} of' needs a pattern or 'them', found '${pattern}'`);
    const found = named(pattern, names);
    if (found.length === 0 && (empty === 'refuse' || (!pattern.includes('*') && pattern.toLowerCase() !== 'them')))
      return refuse(
        'condition-names-nothing',
        `'${quantifier} of ${pattern}' names no search identifier`,
        `identifiers here: ${names.join(', ')}`,
      );
    return { kind: 'of', count, pattern: pattern.toLowerCase() === 'them' ? 'them' : pattern, names: found };
  };

  const primary = (depth: number): Condition => {
    if (depth > MOST_DEPTH) return refuse('condition-syntax', `nested more than ${MOST_DEPTH} levels deep`);
    const token = peek();
    if (token === undefined)
      return refuse('condition-syntax', 'the condition ends where a search identifier is missing');
    if (token === '(') {
      at += 1;
      const inner = disjunction(depth + 1);
      if (peek() !== ')')
        return refuse('condition-syntax', `a ')' is missing${peek() === undefined ? '' : ` before '${peek()}'`}`);
      at += 1;
      return inner;
    }
    if (token === ')') return refuse('condition-syntax', `')' without '('`);
    if (word() === 'not' && !names.includes(token)) {
      at += 1;
      return { kind: 'not', part: primary(depth + 1) };
    }
    if (tokens[at + 1]?.toLowerCase() === 'of') {
      const quantifier = token.toLowerCase();
      if (quantifier === 'all') return ofPattern('all', token);
      if (quantifier === 'any') return ofPattern(1, token);
      if (/^[1-9]\d{0,3}$/.test(quantifier)) return ofPattern(Number(quantifier), token);
      return refuse(
        'condition-syntax',
        `'${token} of' is no quantifier`,
        'write `1 of`, `any of`, `all of` or a number',
      );
    }
    if (names.includes(token)) {
      at += 1;
      return { kind: 'search', name: token };
    }
    if (['and', 'or', 'of', 'them'].includes(token.toLowerCase()))
      return refuse('condition-syntax', `'${token}' where a search identifier should be`);
    if (token.toLowerCase() === 'near')
      return refuse('near-unsupported', "'near' was removed from Sigma", 'write a correlation rule (type: temporal)');
    return token.includes('*')
      ? refuse(
          'condition-syntax',
          `the pattern '${token}' needs a quantifier`,
          `write \`1 of ${token}\` or \`all of ${token}\``,
        )
      : refuse(
          'undefined-identifier',
          `'${token}' is not defined in the detection`,
          `identifiers here: ${names.join(', ')}`,
        );
  };

  const chain = (kind: 'and' | 'or', next: (depth: number) => Condition) => {
    return (depth: number): Condition => {
      const parts = [next(depth)];
      while (word() === kind) {
        at += 1;
        parts.push(next(depth));
      }
      return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind, parts };
    };
  };
  const conjunction = chain('and', primary);
  const disjunction = chain('or', conjunction);

  try {
    if (tokens.length === 0) return refuse('condition-syntax', 'the condition is empty');
    if (tokens.length > MOST_TOKENS) return refuse('condition-syntax', `more than ${MOST_TOKENS} words`);
    const condition = disjunction(0);
    const left = peek();
    if (left === undefined) return condition;
    if (left.toLowerCase() === 'near')
      return refuse('near-unsupported', "'near' was removed from Sigma", 'write a correlation rule (type: temporal)');
    return refuse('condition-syntax', `'${left}' where 'and', 'or' or the end should be`);
  } catch (error) {
    if (error instanceof Unreadable) return { kind: 'fault', fault: error.fault };
    throw error;
  }
};
